using Periplon.Api.Server;
using Periplon.Api.Workflows;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Engine.Logs;
using Periplon.Engine.Storage;

namespace Periplon.Tests.Api;

/// <summary>The stores in memory, and a switch that makes every read fail.</summary>
internal sealed class FakeStores : IWorkflowStore, IExecutionQueries, IJournalStore, ILogStore
{
    public Exception? Failure { get; set; }
    public List<WorkflowRow> Workflows { get; } = [];
    public List<WorkflowVersionRow> Versions { get; } = [];
    public List<ExecutionRow> Executions { get; } = [];
    public Dictionary<Guid, List<JournalRow>> Journal { get; } = [];
    public List<LogEntry> Lines { get; } = [];
    public WorkflowFilter? LastWorkflowFilter { get; private set; }
    public ExecutionFilter? LastExecutionFilter { get; private set; }
    public int Counts { get; private set; }

    public Task SaveAsync(WorkflowRow row, WorkflowVersionRow? version, int expectedRevision, CancellationToken cancellationToken)
    {
        Workflows.RemoveAll(known => known.Id == row.Id);
        Workflows.Add(row);
        if (version is not null)
        {
            Versions.Insert(0, version);
        }

        return Task.CompletedTask;
    }

    Task<WorkflowRow?> IWorkflowStore.FindAsync(Guid id, CancellationToken cancellationToken) =>
        Answer(() => Workflows.Find(row => row.Id == id));

    public Task<WorkflowRow?> FindByNameAsync(string organization, string name, CancellationToken cancellationToken) =>
        Answer(() => Workflows.Find(row => row.Organization == organization && row.Name == name && !row.IsDeleted));

    public Task<WorkflowVersionRow?> FindVersionAsync(Guid id, int revision, CancellationToken cancellationToken) =>
        Answer(() => Versions.Find(row => row.WorkflowId == id && row.Revision == revision));

    public Task<IReadOnlyList<WorkflowVersionRow>> ListVersionsAsync(Guid id, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<WorkflowVersionRow>>(() =>
            [.. Versions.Where(row => row.WorkflowId == id).OrderByDescending(row => row.Revision).Select(row => row with { Definition = "" })]);

    public Task<(IReadOnlyList<WorkflowRow> Rows, long Total)> ListAsync(
        WorkflowFilter filter, int offset, int limit, CancellationToken cancellationToken) => Answer(() =>
        {
            LastWorkflowFilter = filter;
            var all = Workflows
                .Where(row => row.Organization == filter.Organization && !row.IsDeleted)
                .Where(row => filter.Name is null || row.Name.Contains(filter.Name, StringComparison.OrdinalIgnoreCase))
                .Where(row => filter.Tags.Count == 0 || filter.Tags.Any(row.Tags.Contains))
                .Where(row => filter.IsActive is null || row.IsActive == filter.IsActive)
                .OrderBy(row => row.Name, StringComparer.Ordinal)
                .ToList();
            return ((IReadOnlyList<WorkflowRow>)[.. all.Skip(offset).Take(limit)], (long)all.Count);
        });

    Task<ExecutionRow?> IExecutionQueries.FindAsync(string organization, Guid id, CancellationToken cancellationToken) =>
        Answer(() => Executions.Find(row => row.Organization == organization && row.Id == id));

    public Task<IReadOnlyList<ExecutionRow>> ListAsync(
        ExecutionFilter filter, ExecutionCursor? after, int offset, int limit, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<ExecutionRow>>(() =>
        {
            LastExecutionFilter = filter;
            var rows = Matching(filter).OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id);
            return after is null
                ? [.. rows.Skip(offset).Take(limit)]
                : [.. rows.SkipWhile(row => row.Id != after.Id).Skip(1).Take(limit)];
        });

    public Task<long> CountAsync(ExecutionFilter filter, long bound, CancellationToken cancellationToken) =>
        Answer(() => Math.Min(Matching(filter).LongCount(), bound));

    public Task<ExecutionCounts> CountByStatusAsync(string? organization, CancellationToken cancellationToken) => Answer(() =>
    {
        Counts++;
        return new ExecutionCounts(Executions.GroupBy(row => row.Status).ToDictionary(group => group.Key, group => group.LongCount()));
    });

    public Task AppendAsync(JournalAppend append, CancellationToken cancellationToken) => throw new NotSupportedException();

    Task<IReadOnlyList<JournalRow>> IJournalStore.ReadAsync(Guid executionId, long afterSeq, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<JournalRow>>(() => [.. Journal.GetValueOrDefault(executionId, []).Where(row => row.Seq > afterSeq)]);

    public Task<int> FitPartitionsAsync(int partitions, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> IsActiveAsync(Guid executionId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<int, long>> CountLiveAsync(string organization, Guid workflowId, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<Guid>> ListLiveAsync(
        string organization, Guid workflowId, int revision, Guid? after, int limit, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task AppendAsync(IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken)
    {
        Lines.AddRange(entries);
        return Task.CompletedTask;
    }

    Task<IReadOnlyList<LogEntry>> ILogStore.ReadAsync(
        Guid executionId, long afterId, int limit, string? level, string? task, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<LogEntry>>(() =>
            [.. Lines
                .Where(line => line.ExecutionId == executionId && line.Id > afterId)
                .Where(line => (level is null || line.Level == level) && (task is null || line.Task == task))
                .Take(limit)]);

    private IEnumerable<ExecutionRow> Matching(ExecutionFilter filter) => Executions
        .Where(row => row.Organization == filter.Organization)
        .Where(row => filter.WorkflowId is null || row.WorkflowId == filter.WorkflowId)
        .Where(row => filter.Statuses.Count == 0 || filter.Statuses.Contains(row.Status));

    private Task<T> Answer<T>(Func<T> read) => Failure is null ? Task.FromResult(read()) : Task.FromException<T>(Failure);
}

/// <summary>A reader for which a text with the word "broken" has an error and one with "odd" a warning.</summary>
internal sealed class FakeReader : IWorkflowReader
{
    public string? LastText { get; private set; }

    public Task<IReadOnlyList<Diagnostic>> CheckAsync(string text, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Diagnostic>>(Check(text));

    private List<Diagnostic> Check(string text)
    {
        LastText = text;
        var found = new List<Diagnostic>();
        if (text.Contains("broken", StringComparison.Ordinal))
        {
            found.Add(new Diagnostic("PPL001", DiagnosticSeverity.Error, "It is broken", new SourceLocation(2, 3), "tasks.a", "Mend it"));
        }

        if (text.Contains("odd", StringComparison.Ordinal))
        {
            found.Add(new Diagnostic("PPL900", DiagnosticSeverity.Warning, "It is odd", new SourceLocation(1, 1), "name"));
        }

        return found;
    }
}

/// <summary>A readiness check that fails when told to.</summary>
internal sealed class FakeCheck(string name) : IReadinessCheck
{
    public string Name => name;
    public Exception? Failure { get; set; }

    public Task CheckAsync(CancellationToken cancellationToken) => Failure is null ? Task.CompletedTask : Task.FromException(Failure);
}
