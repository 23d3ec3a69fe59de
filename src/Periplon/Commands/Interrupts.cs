using System.Runtime.InteropServices;

namespace Periplon.Commands;

/// <summary>
/// Turns signals into tokens: the first asks for an orderly end, the second for an end at once, the third ends the process.
/// </summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    public Interrupts()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    public CancellationToken Cancel => _cancel.Token;
    public CancellationToken Abort => _abort.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _cancel.Dispose();
        _abort.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        var count = Interlocked.Increment(ref _count);
        context.Cancel = count < 3;
        // Not on the signal's own thread: what is registered on a token may take its time.
        if (count <= 2)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), count == 1 ? _cancel : _abort, preferLocal: false);
        }
    }
}
