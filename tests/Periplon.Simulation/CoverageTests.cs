using Periplon.Core.Executions;

namespace Periplon.Simulation;

/// <summary>Worlds in which nothing happens keep all promises: these tests see that everything happens in them that is meant to.</summary>
public sealed class CoverageTests
{
    private const int Worlds = 1_500;

    // What the lines of a trace say when it happens.
    private static readonly string[] Misfortunes =
    [
        "crashes", "all silos crash", "is frozen", "goes on", "is declared dead", "finds itself declared dead", "is off by", "drains", "has left",
        "is forgotten by the directory", "is collected", "the database is away", "a message of", "the answer of", "is lost on its way",
        "is late by", "the answer to row", "is given up", "is in conflict", "is stale", "is loaded on", "has left its place", "LeaseLost",
        "as Returned", "gives up its claim", "returned its claim", "as Cancelled", "as Unmet", "the pause of", "the resumption of", "the cancel of", "the kill of",
    ];

    private static readonly Type[] Events =
    [
        typeof(ExecutionCreated), typeof(TaskScheduled), typeof(TaskStarted), typeof(TaskCompleted), typeof(TaskFailed),
        typeof(TaskRetryScheduled), typeof(TaskReturned), typeof(TaskSkipped), typeof(TaskCancelled), typeof(TaskEntered), typeof(TaskWaiting),
        typeof(TaskPhaseStarted), typeof(TaskSettled), typeof(TaskStopRequested), typeof(LoopEntered), typeof(IterationStarted),
        typeof(IterationSkipped), typeof(LoopDelayed), typeof(LoopEnded), typeof(LimitGranted), typeof(SignalReceived), typeof(SignalTaken),
        typeof(ApprovalDecided), typeof(ChildEnded), typeof(CancelRequested), typeof(TimeLimitReached), typeof(ExecutionPaused),
        typeof(ExecutionResumed), typeof(ExecutionFinished),
    ];

    [Fact]
    public void Worlds_Together_SeeEveryMisfortuneAndEveryEvent()
    {
        var missing = Misfortunes.Concat(Events.Select(type => type.Name)).ToHashSet();
        for (var seed = 0; seed < Worlds && missing.Count > 0; seed++)
        {
            foreach (var line in Simulator.TraceOf(seed))
            {
                missing.RemoveWhere(what => line.Contains(what, StringComparison.Ordinal));
            }
        }

        missing.ShouldBeEmpty();
    }
}
