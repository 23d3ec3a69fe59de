namespace Periplon.Torture.Network;

/// <summary>One direction between two processes. What comes while it is cut is held until it is mended, as TCP would resend it.</summary>
internal sealed class Wire(string from, string to)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _cut;

    public string From => from;

    public string To => to;

    public bool IsCut
    {
        get
        {
            lock (_gate)
            {
                return _cut is not null;
            }
        }
    }

    public void Cut()
    {
        lock (_gate)
        {
            _cut ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Mend()
    {
        lock (_gate)
        {
            _cut?.SetResult();
            _cut = null;
        }
    }

    /// <summary>Completes when something may pass.</summary>
    public Task PassAsync()
    {
        lock (_gate)
        {
            return _cut?.Task ?? Task.CompletedTask;
        }
    }
}
