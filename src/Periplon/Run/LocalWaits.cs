using System.Collections.Concurrent;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Executions;

namespace Periplon.Run;

/// <summary>
/// Answers what tasks of a local run wait for, those of its subflows included: from the command line, else by asking the person.
/// </summary>
/// <param name="request">What was asked for.</param>
/// <param name="pathOf">The path of an execution's task among all tasks of the run.</param>
/// <param name="cancellationToken">Fires when the run has ended.</param>
internal sealed class LocalWaits(LocalRunRequest request, Func<Guid, string, string> pathOf, CancellationToken cancellationToken)
{
    // One key for all executions: each counts the signal once.
    private readonly IReadOnlyList<(LocalSignal Signal, string Key)> _signals =
        [.. request.Signals.Select(signal => (signal, Guid.NewGuid().ToString("D")))];

    private readonly ConcurrentDictionary<Guid, Opened> _open = [];

    /// <summary>
    /// Sends the signals of the command line to an execution of the run that has not begun, and takes up what waits in it already.
    /// </summary>
    public async Task BeginAsync(LocalExecution execution)
    {
        var created = execution.State.Created;
        var opened = new Opened(execution);
        _open[created.ExecutionId] = opened;
        var awaited = execution.State.Plan.Tasks.Select(task => task.Definition.WaitFor).OfType<WaitForDefinition>().ToList();

        // Nobody can tell which execution a signal is meant for, so each gets it; a subflow that waits for none is left alone.
        if (created.ParentExecutionId is null || awaited.Count > 0)
        {
            foreach (var (signal, key) in _signals)
            {
                await execution.SignalAsync(awaited.Any(wait => wait.Webhook == signal.Name), signal.Name, signal.Payload, key);
            }
        }

        foreach (var rank in execution.State.Waiting)
        {
            Answer(opened, execution.State, rank.Task.Path);
        }
    }

    /// <summary>Hears of every turn; returns at once.</summary>
    public void OnChange(ExecutionState state, IReadOnlyList<ExecutionEvent> events)
    {
        // What waits before the execution begins is taken up then.
        if (!_open.TryGetValue(state.Created.ExecutionId, out var opened))
        {
            return;
        }

        if (state.IsTerminal)
        {
            _open.TryRemove(state.Created.ExecutionId, out _);
            return;
        }

        foreach (var waiting in events.OfType<TaskWaiting>())
        {
            Answer(opened, state, waiting.Task);
        }
    }

    private void Answer(Opened opened, ExecutionState state, string path)
    {
        // Looking at what waits already and hearing of it may come to the same wait.
        if (state.Find(path)?.Wait is { } wait && opened.TakesUp(path, wait))
        {
            _ = AnswerAsync(opened.Execution, state, path, wait);
        }
    }

    private async Task AnswerAsync(LocalExecution execution, ExecutionState state, string path, TaskWait wait)
    {
        var shown = pathOf(state.Created.ExecutionId, path);
        try
        {
            switch (wait.Kind)
            {
                case WaitKind.Approval:
                    await DecideAsync(execution, state, path, shown);
                    break;
                case WaitKind.Signal or WaitKind.Webhook:
                    request.Person?.Tell(
                        $"task '{shown}' waits for the {ExecutionRows.WordOf(wait.Kind)} '{wait.Name}', "
                        + "which a local run gets with --signal only");
                    break;
                default:
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            // The run ends before the answer came.
        }
        catch (Exception e)
        {
            request.Person?.Tell($"the decision about task '{shown}' could not be recorded: {e.Message}");
        }
    }

    private async Task DecideAsync(LocalExecution execution, ExecutionState state, string path, string shown)
    {
        if (Approvals.Of(state).FirstOrDefault(each => each.Task == path) is not { } approval)
        {
            return;
        }

        LocalDecision? decision = null;
        if (request.Decisions.TryGetValue(shown, out var approved)
            || request.Decisions.TryGetValue(TaskPaths.TemplateOf(shown), out approved))
        {
            decision = new LocalDecision(approved, Environment.UserName);
        }
        else if (request.Person is { } person)
        {
            decision = await person.AskAsync(approval with { Task = shown }, cancellationToken);
            if (decision is null)
            {
                var until = approval.EndsAt is { } end ? $", until {end:u}" : "";
                person.Tell($"task '{shown}' asks for approval{until}; a run without a terminal decides with --approve or --reject");
            }
        }

        if (decision is not null)
        {
            await execution.DecideAsync(path, decision.Approved, decision.By, decision.Comment);
        }
    }

    // An execution that is under way, and which of its waits were taken up.
    private sealed record Opened(LocalExecution Execution)
    {
        private readonly ConcurrentDictionary<(string Path, WaitKind Kind, DateTimeOffset At), bool> _takenUp = [];

        public bool TakesUp(string path, TaskWait wait) => _takenUp.TryAdd((path, wait.Kind, wait.At), true);
    }
}
