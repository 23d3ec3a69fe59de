using Periplon.Client.Executions;
using Periplon.Core.Executions;

namespace Periplon.Engine.Executions;

// Child executions run in this process too, each an execution of its own in the same journal.
internal sealed partial class LocalExecution
{
    private readonly Dictionary<Guid, (Task Run, LocalChild Child)> _children = [];

    private void StartChildren(ExecutionState state)
    {
        foreach (var rank in state.Waiting)
        {
            if (state.Task(rank.Task).Wait is not { Kind: WaitKind.Child, Child: { } id } wait)
            {
                continue;
            }

            LocalChild child;
            lock (_gate)
            {
                if (_children.TryGetValue(id, out var known))
                {
                    child = known.Child;
                }
                else
                {
                    child = new LocalChild();
                    _children[id] = (Task.Run(() => RunChildAsync(rank.Task.Path, wait, child)), child);
                }
            }

            if (state.FindStop(rank.Task) is { } stop)
            {
                child.Stop(stop.Reason, state.IsKilled);
            }
        }
    }

    private async Task RunChildAsync(string task, TaskWait wait, LocalChild child)
    {
        try
        {
            var (request, problem) = ChildStarts.Of(_plans, State.Created, task, wait);
            if (request is null)
            {
                await EndChildAsync(task, wait.Child!.Value, ExecutionStatus.Failed, problem, null);
                return;
            }

            await using var execution = await OpenChildAsync(request);
            child.Begin(execution);
            if (_onChild is not null)
            {
                await _onChild(execution);
            }

            var ended = await execution.RunAsync(_interrupt.Token);
            if (ended.IsTerminal)
            {
                await EndChildAsync(task, wait.Child!.Value, ended.Status, ended.Error, ended.Outputs);
            }
        }
        catch (Exception e)
        {
            _ended.TrySetException(e);
        }
    }

    // One that an earlier run began goes on.
    private async Task<LocalExecution> OpenChildAsync(CreateExecution request)
    {
        var id = request.Start.ExecutionId;
        if ((await _journal.ReadAsync(id, 0, CancellationToken.None)).Count > 0)
        {
            var resumed = await ResumeAsync(
                _plans, id, _journal, _attempts, _onChange, _time, CancellationToken.None, _limits, _onChild);
            _onChange(resumed.State, []);
            return resumed;
        }

        var created = ExecutionBeginning.CreatedOf(_plans.PlanOf(request.Subflow), request, _time.GetUtcNow());
        var execution = await CreateAsync(
            _plans, created, _journal, _attempts, _onChange, _time, CancellationToken.None, _limits, _onChild);
        _onChange(execution.State, []);
        return execution;
    }

    private Task<bool> EndChildAsync(
        string task, Guid child, ExecutionStatus status, string? error, IReadOnlyDictionary<string, System.Text.Json.JsonElement>? outputs) =>
        _driver.DoAsync(
            turn => ExecutionCommands.EndChild(
                turn,
                new ChildEnded { At = turn.Now, Task = task, Child = child, Status = status, Error = error, Outputs = outputs },
                _random.NextDouble()),
            CancellationToken.None);

    // Children that were given up must not outlive the run.
    private async Task EndChildrenAsync()
    {
        (Task Run, LocalChild Child)[] children;
        lock (_gate)
        {
            children = [.. _children.Values];
        }

        foreach (var (_, child) in children)
        {
            child.Stop("the parent execution has ended", kill: true);
        }

        await Task.WhenAll(children.Select(child => child.Run));
    }
}

/// <summary>A child execution that may have to be stopped before it has been opened.</summary>
internal sealed class LocalChild
{
    private readonly Lock _gate = new();
    private LocalExecution? _execution;
    private (string Reason, bool Kill)? _stop;

    public void Begin(LocalExecution execution)
    {
        lock (_gate)
        {
            _execution = execution;
        }

        if (_stop is var (reason, kill))
        {
            _ = execution.CancelAsync(reason, kill);
        }
    }

    public void Stop(string reason, bool kill)
    {
        LocalExecution? execution;
        lock (_gate)
        {
            _stop = (reason, kill);
            execution = _execution;
        }

        _ = execution?.CancelAsync(reason, kill);
    }
}
