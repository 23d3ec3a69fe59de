using System.Text;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using Orleans;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Workers;

namespace Periplon.Tests.Api;

/// <summary>Grains in memory, over the fake stores. Waiting moves the fake clock, so that no test sleeps.</summary>
internal sealed class FakeGrains
{
    private readonly Dictionary<string, IWorkflowGrain> _workflows = [];
    private readonly Dictionary<string, IExecutionGrain> _executions = [];

    public FakeGrains(FakeStores stores, FakeTimeProvider time)
    {
        Stores = stores;
        Time = time;
        Factory = Substitute.For<IGrainFactory>();
        Factory.GetGrain<IWorkflowGrain>(Arg.Any<string>(), Arg.Any<string?>()).Returns(call => Workflow(call.ArgAt<string>(0)));
        Factory.GetGrain<IExecutionGrain>(Arg.Any<string>(), Arg.Any<string?>()).Returns(call => Execution(call.ArgAt<string>(0)));
        Factory.GetGrain(Arg.Any<GrainId>(), Arg.Any<GrainInterfaceType>()).Returns(call => call.ArgAt<GrainId>(0) is var id && id.Type.ToString() == "workflow"
            ? Workflow(id.Key.ToString()!)
            : Execution(id.Key.ToString()!));
        Factory.GetGrain<IQueueGrain>(Arg.Any<string>(), Arg.Any<string?>()).Returns(call => Queue(call.ArgAt<string>(0)));
    }

    public IGrainFactory Factory { get; }
    public FakeWorkers Workers { get; } = new();
    public FakeStores Stores { get; }
    public FakeTimeProvider Time { get; }
    public Dictionary<Guid, ExecutionView> Views { get; } = [];
    public Dictionary<Guid, StartExecution> Started { get; } = [];
    /// <summary>What the next save answers instead of saving.</summary>
    public WorkflowSaved? NextSave { get; set; }
    /// <summary>What the next start answers instead of starting.</summary>
    public StartResult? NextStart { get; set; }
    /// <summary>How many of the next starts end without an answer.</summary>
    public int UnansweredStarts { get; set; }
    public int StartCalls { get; private set; }
    /// <summary>Runs whenever somebody waits for an end.</summary>
    public Action<Guid>? OnWait { get; set; }
    public ControlRequest? LastControl { get; private set; }
    public SignalRequest? LastSignal { get; private set; }
    /// <summary>What becomes of signals.</summary>
    public SignalStatus NextSignal { get; set; }
    public DecisionRequest? LastDecision { get; private set; }
    /// <summary>What becomes of decisions.</summary>
    public DecisionResult NextDecision { get; set; } = new(DecisionStatus.Decided, "ok");

    public void SetView(Guid id, Func<ExecutionView, ExecutionView> change) => Views[id] = change(Views[id]);

    private IWorkflowGrain Workflow(string key)
    {
        if (_workflows.TryGetValue(key, out var known))
        {
            return known;
        }

        var id = Guid.Parse(key);
        var grain = Substitute.For<IWorkflowGrain>();
        grain.CreateAsync(default!, default).ReturnsForAnyArgs(call => Save(id, call.Arg<SaveWorkflow>(), create: true));
        grain.UpdateAsync(default!, default).ReturnsForAnyArgs(call => Save(id, call.Arg<SaveWorkflow>(), create: false));
        grain.DeleteAsync(default!, default).ReturnsForAnyArgs(_ => Stores.Workflows.RemoveAll(row => row.Id == id) > 0);
        grain.StartAsync(default!, default).ReturnsForAnyArgs(call => Start(id, call.Arg<StartExecution>()));
        grain.AssessImpactAsync(default!, default).ReturnsForAnyArgs(new ImpactReport { Status = RevisionStatus.WorkflowNotFound });
        return _workflows[key] = grain;
    }

    private WorkflowSaved Save(Guid id, SaveWorkflow request, bool create)
    {
        if (NextSave is { } answer)
        {
            return answer;
        }

        var row = Stores.Workflows.Find(known => known.Id == id);
        if (create && row is not null)
        {
            return new WorkflowSaved
            {
                Status = Stores.Versions.Find(v => v.WorkflowId == id)!.Definition == request.Definition
                    ? WorkflowSaveStatus.Saved : WorkflowSaveStatus.Conflict,
                Name = row.Name,
                Version = row.Version,
                Revision = 1,
            };
        }

        row = (row ?? Samples.Workflow(id, Time)) with { UpdatedAt = Time.GetUtcNow() };
        row = row with
        {
            Revision = create ? 1 : request.Definition is null ? row.Revision : row.Revision + 1,
            Description = request.Description ?? row.Description,
            Tags = request.Tags ?? row.Tags,
            IsActive = request.IsActive ?? row.IsActive,
        };
        var version = request.Definition is null ? null : Samples.Version(row, request.Definition);
        Stores.SaveAsync(row, version, 0, CancellationToken.None);
        return new WorkflowSaved
        {
            Status = WorkflowSaveStatus.Saved, Name = row.Name, Version = row.Version, Revision = row.Revision, UpdatedAt = row.UpdatedAt,
            Problems = [new Problem { Code = "PPL900", Severity = "warning", Path = "name", Message = "It is odd", Line = 1, Column = 1 }],
        };
    }

    private StartResult Start(Guid workflowId, StartExecution request)
    {
        StartCalls++;
        if (UnansweredStarts > 0)
        {
            UnansweredStarts--;
            throw new TimeoutException("No answer in 30 s");
        }

        if (NextStart is { } answer)
        {
            return answer;
        }

        if (Stores.Workflows.TrueForAll(row => row.Id != workflowId))
        {
            return new StartResult { Status = StartStatus.WorkflowNotFound };
        }

        if (Started.TryGetValue(request.ExecutionId, out var before))
        {
            var same = before.Inputs.Span.SequenceEqual(request.Inputs.Span) && before.Priority == request.Priority;
            return new StartResult { Status = same ? StartStatus.AlreadyStarted : StartStatus.Conflict };
        }

        Started[request.ExecutionId] = request;
        Add(Samples.Execution(request.ExecutionId, workflowId, Time) with
        {
            Inputs = request.Inputs.IsEmpty ? "{}" : Encoding.UTF8.GetString(request.Inputs.Span),
            Priority = request.Priority,
        });
        return new StartResult { Status = StartStatus.Started };
    }

    /// <summary>Adds an execution as it stands after its start.</summary>
    public void Add(ExecutionRow row)
    {
        Stores.Executions.Add(row);
        Views[row.Id] = Samples.View(row);
    }

    /// <summary>Ends an execution, in the grain and in its row.</summary>
    public void Finish(Guid id, ExecutionStatus status, string? outputs = null)
    {
        var now = Time.GetUtcNow();
        SetView(id, view => view with
        {
            Status = status.ToWord(), IsTerminal = true, CompletedAt = now, Why = [],
            Outputs = outputs is null ? default : Encoding.UTF8.GetBytes(outputs),
        });
        var index = Stores.Executions.FindIndex(row => row.Id == id);
        Stores.Executions[index] = Stores.Executions[index] with { Status = status, CompletedAt = now, Result = outputs };
    }

    private IExecutionGrain Execution(string key)
    {
        if (_executions.TryGetValue(key, out var known))
        {
            return known;
        }

        var id = Guid.Parse(key);
        var grain = Substitute.For<IExecutionGrain>();
        grain.DescribeAsync(default).ReturnsForAnyArgs(_ => Views.GetValueOrDefault(id));
        grain.ListTasksAsync(default!, default).ReturnsForAnyArgs(call => Views.GetValueOrDefault(id) is { } view
            ? Page(view.Tasks, call.Arg<TaskSlice>())
            : null);
        grain.WaitForEndAsync(default, default).ReturnsForAnyArgs(call =>
        {
            OnWait?.Invoke(id);
            if (Views.GetValueOrDefault(id) is { IsTerminal: false })
            {
                Time.Advance(call.Arg<TimeSpan>());
            }

            return Views.GetValueOrDefault(id);
        });
        grain.CancelAsync(default!, default).ReturnsForAnyArgs(call => Control(id, call.Arg<ControlRequest>(), null));
        grain.PauseAsync(default!, default).ReturnsForAnyArgs(call => Control(id, call.Arg<ControlRequest>(), "paused"));
        grain.ResumeAsync(default!, default).ReturnsForAnyArgs(call => Control(id, call.Arg<ControlRequest>(), "running"));
        grain.SignalAsync(default!, default).ReturnsForAnyArgs(call =>
        {
            LastSignal = call.Arg<SignalRequest>();
            return NextSignal;
        });
        grain.DecideAsync(default!, default).ReturnsForAnyArgs(call =>
        {
            LastDecision = call.Arg<DecisionRequest>();
            return NextDecision;
        });
        return _executions[key] = grain;
    }

    private static TaskPage Page(IReadOnlyList<TaskView> tasks, TaskSlice slice)
    {
        var after = tasks.Where(task => task.Number > slice.After).ToList();
        return new TaskPage([.. after.Take(slice.Limit)], tasks.Count, after.Count > slice.Limit ? after[slice.Limit - 1].Number : null);
    }

    private ControlStatus Control(Guid id, ControlRequest request, string? status)
    {
        LastControl = request;
        if (!Views.TryGetValue(id, out var view))
        {
            return ControlStatus.NotFound;
        }

        if (view.IsTerminal)
        {
            return ControlStatus.AlreadyFinished;
        }

        if (view.Status == status)
        {
            return ControlStatus.NoChange;
        }

        Views[id] = view with { Status = status ?? view.Status };
        return ControlStatus.Done;
    }

    private IQueueGrain Queue(string key)
    {
        var grain = Substitute.For<IQueueGrain>();
        var partition = int.Parse(key.Split('/')[1]);
        grain.DescribeAsync(default).ReturnsForAnyArgs(
        [
            new QueueShare("default", 0, partition + 1, 1, Time.GetUtcNow()), new QueueShare("other", 5, 2, 0, Time.GetUtcNow().AddMinutes(-1)),
        ]);
        grain.StatsAsync(default).ReturnsForAnyArgs(new QueueStats(Pending: partition + 1, Taken: 0, Time.GetUtcNow()));
        return grain;
    }
}

/// <summary>What the workers of a cluster say of themselves.</summary>
internal sealed class FakeWorkers : IWorkerDirectory
{
    public List<LiveWorker> All { get; } = [];

    public Task<IReadOnlyList<LiveWorker>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LiveWorker>>(All);
}
