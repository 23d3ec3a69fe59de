using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Executions;

// How the execution comes into memory: its creation, and the reading of its journal.
internal sealed partial class ExecutionGrain
{
    private Task? _loading;
    private Task<StartStatus>? _creating;

    public async Task<StartStatus> CreateAsync(CreateExecution request, CancellationToken cancellationToken)
    {
        if (_creating is { IsCompleted: false } underWay)
        {
            await underWay;
        }

        if (_driver is { } existing)
        {
            return IsSameStart(existing.State.Created, request) ? StartStatus.AlreadyStarted : StartStatus.Conflict;
        }

        return await (_creating = CreateFirstAsync(request, cancellationToken));
    }

    private async Task<ExecutionDriver?> LoadAsync(CancellationToken cancellationToken)
    {
        if (_driver is null)
        {
            try
            {
                await (_loading ??= ReadJournalAsync()).WaitAsync(cancellationToken);
            }
            finally
            {
                if (_loading is { IsCompleted: true })
                {
                    _loading = null;
                }
            }
        }

        return _driver;
    }

    private async Task ReadJournalAsync()
    {
        var rows = await journal.ReadAsync(_id, 0, CancellationToken.None);
        if (_driver is not null)
        {
            return;
        }

        if (rows.Count == 0)
        {
            DeactivateSoon();
            return;
        }

        invariants.OnLoaded(_id, rows);
        var history = rows.SelectMany(row => EventCodec.Decode(row.Events.Span)).ToList();
        var created = (ExecutionCreated)history[0];
        var revision = ExecutionMachine.RevisionOf(history);
        var entry = await catalog.FindAsync(created.WorkflowId, revision, CancellationToken.None)
            ?? throw new InvalidOperationException(
                $"Execution {_id} is pinned to revision {revision} of workflow {created.WorkflowId}, which is not stored");
        var state = ExecutionMachine.Replay(entry.PlanOf(created.Subflow), history);
        var first = ExecutionRows.First(_id, state.Created, partitions.Of(_id));
        var row = ExecutionRows.Next(first, state, state.LastEventAt) ?? first;
        await invariants.CheckRowAsync(state, rows[^1].Seq, CancellationToken.None);
        if (_driver is not null)
        {
            return;
        }

        _driver = new ExecutionDriver(_id, state, rows[^1].Seq, row, journal, this, time, invariants);
        _knownAt = time.GetTimestamp();
        if (state.IsTerminal)
        {
            _ended.TrySetResult();
            DeactivateSoon();
        }
        else
        {
            // First what needs nobody else: asking workers may fail, and then the execution must not stand without offers and timers.
            OfferReady(_driver.State, _driver.State.Ready);
            LookAfterChildren(_driver.State);
            AskParent(_driver.State);
            limits.Send(LimitRequests.Pending(_driver.State));
            SetTimer();
            try
            {
                await ReturnLostAsync(CancellationToken.None);
            }
            catch (Exception e)
            {
                // The sweep asks again; whoever asks for the execution now gets it.
                LogLostNotReturned(e, _id);
            }
        }
    }

    private async Task<StartStatus> CreateFirstAsync(CreateExecution request, CancellationToken cancellationToken)
    {
        var entry = await catalog.FindAsync(request.WorkflowId, request.Revision, cancellationToken);
        if (entry is null)
        {
            return StartStatus.WorkflowNotFound;
        }

        // First, so that a worker whose proof is too old takes the first task all the same.
        await liveness.RequireMemberAsync();
        var created = ExecutionBeginning.CreatedOf(entry.PlanOf(request.Subflow), request, time.GetUtcNow());
        var starts = new LocalStarts(slots, attempts, this);
        var beginning = ExecutionBeginning.Of(entry.PlanOf(request.Subflow), created, partitions.Of(_id), starts.Take);
        try
        {
            await beginning.AppendAsync(journal, liveness.RequireMemberAsync, CancellationToken.None);
        }
        catch (Exception e)
        {
            starts.Abandon();
            if (e is not JournalConflictException)
            {
                throw;
            }

            // The same start came before, through another activation: what was stored decides the answer.
            return await LoadAsync(cancellationToken) is { } stored && IsSameStart(stored.State.Created, request)
                ? StartStatus.AlreadyStarted
                : StartStatus.Conflict;
        }

        // A read of the journal that was under way may have found the row first.
        _driver ??= new ExecutionDriver(_id, beginning.State, 1, beginning.Row, journal, this, time, invariants);
        instruments.OnExecutionCreated();
        TellWatch();
        OnCommitted(beginning.Created, beginning.State, beginning.Events, starts);
        AskParent(beginning.State);
        return StartStatus.Started;
    }

    // What was asked counts: a newer revision may fill in other defaults. Journals of earlier versions only hold what was bound.
    private static bool IsSameStart(ExecutionCreated created, CreateExecution request) =>
        created.WorkflowId == request.WorkflowId
        && created.Organization == request.Start.Organization
        && (created.RequestHash is { } hash && request.RequestHash is { } asked ? hash == asked : IsSameBound(created, request));

    private static bool IsSameBound(ExecutionCreated created, CreateExecution request) =>
        created.Priority == request.Start.Priority
        && JsonElement.DeepEquals(
            JsonSerializer.SerializeToElement(created.Inputs, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement),
            JsonSerializer.Deserialize(request.Start.Inputs.Span, ExecutionJson.Default.JsonElement));
}
