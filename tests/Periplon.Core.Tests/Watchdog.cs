namespace Periplon.Core.Tests;

/// <summary>
/// Ends a test that would otherwise hang. The limit is no measurement: what is right ends orders of magnitude earlier on any machine, and
/// what is wrong would take hours.
/// </summary>
internal static class Watchdog
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Runs work on another thread and waits for its end.</summary>
    public static Task RunAsync(Action work) => Wait(Task.Run(work, TestContext.Current.CancellationToken));

    /// <summary>Runs work on another thread and waits for its result.</summary>
    public static async Task<T> RunAsync<T>(Func<T> work)
    {
        var running = Task.Run(work, TestContext.Current.CancellationToken);
        await Wait(running);
        return await running;
    }

    private static Task Wait(Task running) => running.WaitAsync(Limit, TimeProvider.System, TestContext.Current.CancellationToken);
}
