using Periplon.Core.Executions;
using Periplon.Engine.Executions;

namespace Periplon.Run;

/// <summary>Answers what tasks of a local run wait for: from the command line, else by asking the person.</summary>
internal sealed class LocalWaits(LocalRunRequest request, CancellationToken cancellationToken)
{
    private LocalExecution? _execution;

    /// <summary>Sends the signals of the command line, and takes up what waits already.</summary>
    public async Task BeginAsync(LocalExecution execution)
    {
        _execution = execution;
        foreach (var signal in request.Signals)
        {
            var isWebhook = execution.State.Plan.Tasks.Any(task => task.Definition.WaitFor?.Webhook == signal.Name);
            await execution.SignalAsync(isWebhook, signal.Name, signal.Payload, Guid.NewGuid().ToString("D"));
        }

        foreach (var rank in execution.State.Waiting)
        {
            _ = AnswerAsync(execution, execution.State, rank.Task.Path);
        }
    }

    /// <summary>Hears of every turn; returns at once.</summary>
    public void OnChange(ExecutionState state, IReadOnlyList<ExecutionEvent> events)
    {
        // What waits before the run begins is taken up then.
        if (_execution is { } execution)
        {
            foreach (var waiting in events.OfType<TaskWaiting>())
            {
                _ = AnswerAsync(execution, state, waiting.Task);
            }
        }
    }

    private async Task AnswerAsync(LocalExecution execution, ExecutionState state, string path)
    {
        try
        {
            switch (state.Find(path)?.Wait)
            {
                case { Kind: WaitKind.Approval }:
                    await DecideAsync(execution, state, path);
                    break;
                case { Kind: WaitKind.Signal or WaitKind.Webhook } wait:
                    request.Person?.Tell(
                        $"task '{path}' waits for the {ExecutionRows.WordOf(wait.Kind)} '{wait.Name}', "
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
            request.Person?.Tell($"the decision about task '{path}' could not be recorded: {e.Message}");
        }
    }

    private async Task DecideAsync(LocalExecution execution, ExecutionState state, string path)
    {
        if (Approvals.Of(state).FirstOrDefault(each => each.Task == path) is not { } approval)
        {
            return;
        }

        LocalDecision? decision = null;
        if (request.Decisions.TryGetValue(path, out var approved)
            || request.Decisions.TryGetValue(state.Find(path)!.Instance.Planned.Path, out approved))
        {
            decision = new LocalDecision(approved, Environment.UserName);
        }
        else if (request.Person is { } person)
        {
            decision = await person.AskAsync(approval, cancellationToken);
            if (decision is null)
            {
                var until = approval.EndsAt is { } end ? $", until {end:u}" : "";
                person.Tell($"task '{path}' asks for approval{until}; a run without a terminal decides with --approve or --reject");
            }
        }

        if (decision is not null)
        {
            await execution.DecideAsync(path, decision.Approved, decision.By, decision.Comment);
        }
    }
}
