using Orleans.Runtime;

namespace Periplon.Engine.Membership;

/// <summary>
/// A reminder that only brings a grain back to life when nothing else does. Nobody waits for it: after the death of a silo or an outage of
/// the database the service may take half a minute until it accepts one, and the grain is needed at once.
/// </summary>
internal sealed class BackgroundReminder(Func<Task> register, Action<Exception> onFailure)
{
    private Task? _registration;
    private IGrainTimer? _timer;

    /// <summary>Begins to register it, again after a pause until that goes well.</summary>
    /// <param name="grain">A grain that takes reminders, while it is activated.</param>
    /// <param name="name">The reminder.</param>
    /// <param name="period">How often it comes.</param>
    /// <param name="pause">Between two tries.</param>
    /// <param name="onFailure">Told of each try that failed.</param>
    public static void Start(IGrainBase grain, string name, TimeSpan period, TimeSpan pause, Action<Exception> onFailure)
    {
        var reminder = new BackgroundReminder(() => grain.RegisterOrUpdateReminder(name, period, period), onFailure);
        reminder._timer = grain.RegisterGrainTimer(
            static (state, _) =>
            {
                if (state.Look())
                {
                    state._timer?.Dispose();
                }

                return Task.CompletedTask;
            },
            reminder, new GrainTimerCreationOptions(TimeSpan.Zero, pause) { Interleave = true, KeepAlive = true });
    }

    // Not awaited in the timer either: the grain could not be deactivated before the answer came.
    /// <summary>Sees whether it is registered, and asks again when that has failed.</summary>
    internal bool Look()
    {
        if (_registration is { IsCompletedSuccessfully: true })
        {
            return true;
        }

        if (_registration is not { IsCompleted: false })
        {
            if (_registration is { IsFaulted: true })
            {
                onFailure(_registration.Exception.GetBaseException());
            }

            _registration = register();
        }

        return false;
    }
}
