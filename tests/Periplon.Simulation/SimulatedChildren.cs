using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;

namespace Periplon.Simulation;

/// <summary>What parent and child executions have to tell each other, as the silo's messenger carries it.</summary>
internal sealed class SimulatedChildren
{
    private const int Lanes = 4;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly Lane<Func<Task>>[] _lanes;
    private readonly HashSet<Guid> _starting = [];
    private readonly Silo _silo;

    public SimulatedChildren(Silo silo)
    {
        _silo = silo;
        _lanes = [.. Enumerable.Range(0, Lanes).Select(_ => new Lane<Func<Task>>(silo, 1, RetryDelay, SendAsync))];
    }

    /// <summary>Starts the child that a task waits for, or finds out how it ended if it was started before.</summary>
    public void Start(ExecutionState parent, string task)
    {
        var created = parent.Created;
        var wait = parent.Find(task)!.Wait!;
        var child = wait.Child!.Value;
        if (_starting.Add(child))
        {
            Send(child, () => StartAsync(created, task, wait), () => _starting.Remove(child));
        }
    }

    /// <summary>Asks for the end of a child. One that never came into being has ended with that.</summary>
    public void Cancel(ExecutionState parent, string task, Guid child, string reason)
    {
        var created = parent.Created;
        var kill = parent.IsKilled;
        Send(child, async () =>
        {
            if (await Execution(child, execution => execution.CancelAsync(reason, kill)) is ControlStatus.NotFound)
            {
                await EndAsync(created, task, child, ExecutionStatus.Cancelled, reason);
            }
        });
    }

    /// <summary>Tells the parent of an execution how it ended.</summary>
    public void TellParent(ExecutionState child)
    {
        var created = child.Created;
        var report = new ChildReport
        {
            Task = created.ParentTask!, Child = created.ExecutionId, Status = child.Status.ToWord(), Error = child.Error,
        };
        Send(created.ExecutionId, () => Execution(created.ParentExecutionId!.Value, execution => execution.EndChildAsync(report)));
    }

    private async Task StartAsync(ExecutionCreated parent, string task, TaskWait wait)
    {
        var child = wait.Child!.Value;
        var (request, problem) = ChildStarts.Of(SampleWorkflows.All[parent.Revision], parent, task, wait);
        if (request is null)
        {
            await EndAsync(parent, task, child, ExecutionStatus.Failed, problem);
        }
        else if (await Execution(child, execution => execution.CreateAsync(request)) is not StartStatus.Started
            && await Execution(child, execution => execution.DescribeAsync()) is { IsTerminal: true } ended)
        {
            await EndAsync(parent, task, child, ended.Status, ended.Error);
        }
    }

    private Task<bool> EndAsync(ExecutionCreated parent, string task, Guid child, ExecutionStatus status, string? error) =>
        Execution(parent.ExecutionId, execution => execution.EndChildAsync(
            new ChildReport { Task = task, Child = child, Status = status.ToWord(), Error = error }));

    private Task<T> Execution<T>(Guid id, Func<ExecutionActivation, Task<T>> method) =>
        _silo.World.CallAsync(_silo, GrainKey.Execution(id), method);

    private void Send(Guid child, Func<Task> send, Action? done = null) =>
        _lanes[(uint)child.GetHashCode() % Lanes].Add(() => RepeatAsync(send, done));

    private async Task RepeatAsync(Func<Task> send, Action? done)
    {
        for (var tries = 1; tries <= _silo.World.Protocol.ChildTries; tries++)
        {
            try
            {
                await send();
                break;
            }
            catch (Exception e) when (Failures.IsExpected(e))
            {
                await _silo.DelayAsync(RetryDelay * tries);
            }
        }

        done?.Invoke();
    }

    private static async Task SendAsync(List<Func<Task>> messages)
    {
        foreach (var send in messages)
        {
            await send();
        }
    }
}
