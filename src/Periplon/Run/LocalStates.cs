using System.Data.Common;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Core.Reuse;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Run;

/// <summary>
/// Reads and deletes what <c>run</c> has kept in a state directory. Reading changes nothing, also while a run is under way.
/// </summary>
internal sealed class LocalStates(string directory)
{
    /// <summary>The most runs of one workflow that are listed.</summary>
    public const int MostRuns = 1000;

    /// <summary>All states, by name; none when there is no such directory.</summary>
    public async Task<IReadOnlyList<LocalState>> ListAsync(CancellationToken cancellationToken)
    {
        var states = new List<LocalState>();
        foreach (var path in Directory.Exists(directory) ? Directory.GetFiles(directory, "*" + LocalDatabase.Extension) : [])
        {
            states.Add(await ReadAsync(path, null, cancellationToken));
        }

        return [.. states.OrderBy(state => state.Name, StringComparer.Ordinal).ThenBy(state => state.Path, StringComparer.Ordinal)];
    }

    /// <summary>The state of a workflow; null when there is none.</summary>
    /// <param name="workflow">Its name.</param>
    /// <param name="execution">The run whose tasks are wanted; null for the newest.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task<LocalState?> FindAsync(string workflow, Guid? execution, CancellationToken cancellationToken)
    {
        var path = LocalDatabase.PathOf(directory, workflow);
        return File.Exists(path) ? await ReadAsync(path, execution, cancellationToken) with { Name = workflow } : null;
    }

    /// <summary>Deletes the database of a workflow and the files of its runs.</summary>
    public void Delete(LocalState state)
    {
        foreach (var execution in state.Runs.Select(run => run.Id).Concat(state.Children))
        {
            var id = execution.ToString("D");
            DeleteFolder(Path.Combine(LocalDatabase.WorkOf(directory), id));
            DeleteFolder(Path.Combine(LocalDatabase.ArtifactsOf(directory), id[^2..], id));
        }

        LocalDatabase.Delete(state.Path);
    }

    private async Task<LocalState> ReadAsync(string path, Guid? execution, CancellationToken cancellationToken)
    {
        var state = new LocalState { Name = Path.GetFileNameWithoutExtension(path), Path = path, IsAlive = RunLock.IsAnyHeld(path) };
        try
        {
            await using var services = LocalDatabase.Services(LocalDatabase.ArtifactsOf(directory), path).BuildServiceProvider();
            var queries = services.GetRequiredService<IExecutionQueries>();
            var runs = await queries.ListAsync(
                new ExecutionFilter { Organization = LocalDatabase.Organization, IsChild = false }, null, 0, MostRuns, cancellationToken);
            var children = await ChildrenAsync(queries, cancellationToken);
            var shown = execution is { } id ? runs.FirstOrDefault(run => run.Id == id) : runs is [var newest, ..] ? newest : null;
            state = state with { Name = runs.Count > 0 ? runs[0].WorkflowName : state.Name, Runs = runs, Children = [.. children.Select(child => child.Id)], Shown = shown };
            return shown is null ? state : state with { View = await ViewAsync(services, shown, children, cancellationToken) };
        }
        catch (Exception exception) when (exception is DbException or JsonException or InvalidOperationException or InvalidDataException)
        {
            return state with { Problem = $"cannot be read: {exception.Message.TrimEnd('.')}" };
        }
    }

    // Newest first.
    private static async Task<IReadOnlyList<ExecutionRow>> ChildrenAsync(IExecutionQueries queries, CancellationToken cancellationToken)
    {
        var filter = new ExecutionFilter { Organization = LocalDatabase.Organization, IsChild = true };
        var children = new List<ExecutionRow>();
        IReadOnlyList<ExecutionRow> page;
        do
        {
            var after = children is [.., var last] ? new ExecutionCursor(last.CreatedAt, last.Id) : null;
            children.AddRange(page = await queries.ListAsync(filter, after, 0, MostRuns, cancellationToken));
        }
        while (page.Count == MostRuns);

        return children;
    }

    private static async Task<ExecutionView> ViewAsync(
        IServiceProvider services, ExecutionRow run, IReadOnlyList<ExecutionRow> children, CancellationToken cancellationToken)
    {
        var version = await services.GetRequiredService<IWorkflowStore>().FindVersionAsync(run.WorkflowId, run.Revision, cancellationToken);
        var pinned = version is null ? null : WorkflowBundle.Read(version.Definition, WorkflowResources.FromJson(version.Resources));
        if (pinned?.Workflow is null)
        {
            throw new InvalidDataException($"revision {run.Revision} of the workflow is missing or not valid");
        }

        var plans = pinned.Plans;
        var tasks = new List<TaskView>();
        var byParent = children.ToLookup(child => child.ParentExecutionId!.Value);
        var state = await StateAsync(services, plans, run.Id, cancellationToken);
        var open = new Stack<(string Prefix, ExecutionState State)>([("", state)]);
        while (open.TryPop(out var next))
        {
            var inner = new HashSet<string>(StringComparer.Ordinal);
            tasks.AddRange(ExecutionViews.TasksOf(next.State).Select(task => task with
            {
                Id = next.Prefix + task.Id, Parent = task.Parent is null ? next.Prefix.TrimEnd('/') : next.Prefix + task.Parent,
            }));
            foreach (var child in byParent[next.State.Created.ExecutionId])
            {
                // The child of an attempt before is no longer of interest.
                var found = await StateAsync(services, plans, child.Id, cancellationToken);
                if (found.Created.ParentTask is { } task && inner.Add(task))
                {
                    open.Push(($"{next.Prefix}{task}/", found));
                }
            }
        }

        return ExecutionViews.Of(state) with { Tasks = tasks };
    }

    private static async Task<ExecutionState> StateAsync(
        IServiceProvider services, RevisionPlans plans, Guid id, CancellationToken cancellationToken)
    {
        var rows = await services.GetRequiredService<IJournalStore>().ReadAsync(id, 0, cancellationToken);
        var events = rows.SelectMany(row => EventCodec.Decode(row.Events.Span)).ToList();
        return ExecutionMachine.Replay(plans.PlanOf(((ExecutionCreated)events[0]).Subflow), events);
    }

    private static void DeleteFolder(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
