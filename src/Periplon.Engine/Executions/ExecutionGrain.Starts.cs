using Periplon.Core.Executions;

namespace Periplon.Engine.Executions;

// Attempts that the worker of this silo runs, and those who wait for the end on this silo: both without grain calls.
internal sealed partial class ExecutionGrain
{
    private TaskScheduler? _turns;
    private EndWatch? _watch;
    private bool _hasLeft;

    // Of the turn that the driver is about to commit. A creation has its own: it may be under way beside a driver that was loaded
    // meanwhile.
    private LocalStarts? _starting;

    public void OnDecided(ExecutionState before, ExecutionTurn turn) =>
        (_starting ??= new LocalStarts(slots, attempts, this)).Take(before, turn);

    public void OnAbandoned() => _starting?.Abandon();

    public Task<bool> TryReportAsync(string task, int attempt, Guid token, TaskOutcome outcome) => Task.Factory.StartNew(
        () => ReportHereAsync(task, attempt, token, outcome), CancellationToken.None, TaskCreationOptions.None, _turns!).Unwrap();

    private async Task<bool> ReportHereAsync(string task, int attempt, Guid token, TaskOutcome outcome)
    {
        if (_hasLeft || _driver is null)
        {
            return false;
        }

        await ReportOutcomeAsync(task, attempt, token, outcome, CancellationToken.None);
        return true;
    }

    // Who started it may wait for its end right here.
    private void TellWatch()
    {
        if (watches.Find(_id) is { } watch)
        {
            _watch = watch;
            _waitedFor = true;
            watch.OnHere();
        }
    }
}
