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
        foreach (var run in state.Runs)
        {
            DeleteFolder(Path.Combine(LocalDatabase.WorkOf(directory), run.Id.ToString()));
            var id = run.Id.ToString("D");
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
            var runs = await services.GetRequiredService<IExecutionQueries>().ListAsync(
                new ExecutionFilter { Organization = LocalDatabase.Organization }, null, 0, MostRuns, cancellationToken);
            var shown = execution is { } id ? runs.FirstOrDefault(run => run.Id == id) : runs is [var newest, ..] ? newest : null;
            state = state with { Name = runs.Count > 0 ? runs[0].WorkflowName : state.Name, Runs = runs, Shown = shown };
            return shown is null ? state : state with { View = await ViewAsync(services, shown, cancellationToken) };
        }
        catch (Exception exception) when (exception is DbException or JsonException or InvalidOperationException or InvalidDataException)
        {
            return state with { Problem = $"cannot be read: {exception.Message.TrimEnd('.')}" };
        }
    }

    private static async Task<ExecutionView> ViewAsync(IServiceProvider services, ExecutionRow run, CancellationToken cancellationToken)
    {
        var version = await services.GetRequiredService<IWorkflowStore>().FindVersionAsync(run.WorkflowId, run.Revision, cancellationToken);
        var pinned = version is null ? null : WorkflowBundle.Read(version.Definition, WorkflowResources.FromJson(version.Resources));
        if (pinned?.Workflow is null)
        {
            throw new InvalidDataException($"revision {run.Revision} of the workflow is missing or not valid");
        }

        var rows = await services.GetRequiredService<IJournalStore>().ReadAsync(run.Id, 0, cancellationToken);
        var events = rows.SelectMany(row => EventCodec.Decode(row.Events.Span)).ToList();
        return ExecutionViews.Of(ExecutionMachine.Replay(pinned.Plans.PlanOf(((ExecutionCreated)events[0]).Subflow), events));
    }

    private static void DeleteFolder(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
