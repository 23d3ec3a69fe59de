namespace Periplon.Simulation;

/// <summary>Messages of one silo that keep their order: what waits goes out together, and again when it did not arrive.</summary>
internal sealed class Lane<T>(Silo silo, int tries, TimeSpan retryDelay, Func<List<T>, Task> send)
{
    private List<T> _waiting = [];
    private bool _isRunning;

    public void Add(T message)
    {
        _waiting.Add(message);
        if (!_isRunning)
        {
            _isRunning = true;
            silo.Go(SendAllAsync);
        }
    }

    private async Task SendAllAsync()
    {
        while (_waiting.Count > 0)
        {
            var batch = _waiting;
            _waiting = [];
            for (var i = 1; ; i++)
            {
                try
                {
                    await send(batch);
                    break;
                }
                catch (Exception e) when (Failures.IsExpected(e))
                {
                    if (i >= tries)
                    {
                        silo.World.Trace?.Invoke($"{silo} gives up {batch.Count} {typeof(T).Name}");
                        break;
                    }

                    await silo.DelayAsync(retryDelay * i);
                }
            }
        }

        _isRunning = false;
    }
}
