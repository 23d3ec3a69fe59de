using System.Data.Common;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Core.Migrations;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Workflows;

/// <summary>
/// What a revision means for the executions that are under way. It reads journals and asks no grain, so that executions that are not in
/// memory stay where they are.
/// </summary>
internal sealed class RevisionImpact(IExecutionQueries queries, IJournalStore journal, WorkflowCatalog catalog)
{
    /// <summary>Most executions that one report checks.</summary>
    public const int MaxSample = 200;

    /// <summary>The report, for executions on other revisions than <paramref name="revision"/>.</summary>
    public async Task<ImpactReport> AssessAsync(
        WorkflowRow row, int revision, int sample, Func<ExecutionState, IReadOnlyList<ExecutionEvent>, MigrationVerdict> check,
        CancellationToken cancellationToken)
    {
        var live = await queries.CountLiveAsync(row.Organization, row.Id, cancellationToken);
        var others = live.Where(each => each.Key != revision).ToList();
        var left = Math.Clamp(sample, 0, MaxSample);
        var obstacles = new ObstacleList();
        var (done, can) = (0, 0);
        foreach (var (index, (number, _)) in others.Index())
        {
            // Each revision has its share; what one does not need goes to those after it.
            var share = (left + others.Count - index - 1) / (others.Count - index);
            foreach (var id in await queries.ListLiveAsync(row.Organization, row.Id, number, null, share, cancellationToken))
            {
                if (await TryCheckAsync(id, revision, check, cancellationToken) is not { } verdict)
                {
                    continue;
                }

                left--;
                done++;
                can += verdict.Refusal is null ? 1 : 0;
                if (verdict.Refusal is { } refusal)
                {
                    obstacles.Add(id, refusal.Reason, refusal.Message, refusal.Task);
                }
            }
        }

        return new ImpactReport
        {
            Status = RevisionStatus.Done, Revision = revision, Live = new Dictionary<int, long>(live), Checked = done, CanMigrate = can,
            Obstacles = obstacles.Items,
        };
    }

    /// <summary>Ids of the executions that a request is about, in their order, after the place where an earlier answer ended.</summary>
    public async Task<IReadOnlyList<Guid>> ListAsync(
        WorkflowRow row, int revision, MigrateExecutions request, int limit, CancellationToken cancellationToken)
    {
        // Ordered as texts, as one of the databases orders them and the other one does alike.
        var after = request.After?.ToString("D");
        if (request.Executions is { } named)
        {
            return [.. named.Distinct().OrderBy(id => id.ToString("D"), StringComparer.Ordinal)
                .Where(id => after is null || string.CompareOrdinal(id.ToString("D"), after) > 0).Take(limit)];
        }

        var ids = new List<Guid>();
        var live = await queries.CountLiveAsync(row.Organization, row.Id, cancellationToken);
        foreach (var number in live.Keys.Where(each => each != revision && (request.FromRevision is null || each == request.FromRevision)))
        {
            ids.AddRange(await queries.ListLiveAsync(row.Organization, row.Id, number, request.After, limit, cancellationToken));
        }

        return [.. ids.OrderBy(id => id.ToString("D"), StringComparer.Ordinal).Take(limit)];
    }

    /// <summary>Whether an execution is one of the workflow.</summary>
    public async Task<bool> IsOfAsync(string organization, Guid workflowId, Guid id, CancellationToken cancellationToken) =>
        await queries.FindAsync(organization, id, cancellationToken) is { } row && row.WorkflowId == workflowId;

    // A journal that is damaged, or written by a newer version, says nothing about the other executions.
    private async Task<MigrationVerdict?> TryCheckAsync(
        Guid id, int revision, Func<ExecutionState, IReadOnlyList<ExecutionEvent>, MigrationVerdict> check,
        CancellationToken cancellationToken)
    {
        try
        {
            return await CheckAsync(id, check, cancellationToken);
        }
        catch (Exception exception) when (exception is not (DbException or OperationCanceledException))
        {
            return new MigrationVerdict
            {
                Revision = revision, Refusal = new(ObstacleList.NotReadable, ObstacleList.NotReadableMessage(exception)),
            };
        }
    }

    private async Task<MigrationVerdict?> CheckAsync(
        Guid id, Func<ExecutionState, IReadOnlyList<ExecutionEvent>, MigrationVerdict> check, CancellationToken cancellationToken)
    {
        var rows = await journal.ReadAsync(id, 0, cancellationToken);
        var history = rows.SelectMany(row => EventCodec.Decode(row.Events.Span)).ToList();
        if (history is not [ExecutionCreated created, ..]
            || await catalog.FindAsync(created.WorkflowId, ExecutionMachine.RevisionOf(history), cancellationToken) is not { } entry)
        {
            return null;
        }

        // What has ended since it was listed is no longer under way.
        var state = ExecutionMachine.Replay(entry.PlanOf(created.Subflow), history);
        return state.IsTerminal ? null : check(state, history);
    }
}

/// <summary>Reasons why executions cannot be moved, by reason and task.</summary>
internal sealed class ObstacleList
{
    /// <summary>The execution cannot be moved now; another call may do it.</summary>
    public const string Busy = "busy";

    /// <summary>The execution cannot be loaded.</summary>
    public const string NotReadable = "not_readable";

    private const int MaxReasons = 50;
    private const int MaxIds = 10;

    private readonly Dictionary<(string Reason, string? Task), MigrationObstacle> _items = [];

    /// <summary>The reasons, those that hold back most executions first.</summary>
    public IReadOnlyList<MigrationObstacle> Items => [.. _items.Values.OrderByDescending(item => item.Count).ThenBy(item => item.Task)];

    public static string NotReadableMessage(Exception exception) =>
        $"The execution cannot be loaded: {exception.Message} (periplon doctor says more)";

    public void Add(Guid execution, string reason, string message, string? task)
    {
        // Beyond the bound tasks are not told apart any more.
        var key = _items.ContainsKey((reason, task)) || _items.Count < MaxReasons ? (reason, task) : (reason, null);
        var known = _items.GetValueOrDefault(key)
            ?? new MigrationObstacle { Reason = reason, Message = message, Task = key.Item2, Count = 0 };
        _items[key] = known with
        {
            Count = known.Count + 1,
            Executions = known.Executions.Count < MaxIds ? [.. known.Executions, execution] : known.Executions,
        };
    }
}
