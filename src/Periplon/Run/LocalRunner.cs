using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Periplon.Core.Plans;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Reuse;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Engine.Executions;
using Periplon.Engine.Limits;
using Periplon.Engine.Storage;
using Periplon.Engine.Tasks;

namespace Periplon.Run;

/// <summary>
/// Runs one workflow in this process, with the machine, the journal and the task runners of the server. Each workflow has a database of its
/// own in the state directory; what an interruption leaves there is continued by a resumed run.
/// </summary>
internal sealed class LocalRunner(TimeProvider time) : ILocalRunner
{
    private readonly LocalLimits _limits = new(time);

    public async Task<LocalRunResult> ExecuteAsync(LocalRunRequest request, IRunProgress progress, CancellationToken cancellationToken)
    {
        var path = LocalDatabase.PathOf(request.StateDirectory, request.Workflow.Name);
        if (request.Clean)
        {
            if (RunLock.IsAnyHeld(path))
            {
                throw new LocalRunException(
                    $"A run of workflow '{request.Workflow.Name}' is still under way in another process; its state cannot be deleted");
            }

            LocalDatabase.Delete(path);
        }

        await using var services = await OpenAsync(request, path, cancellationToken);
        var report = new LocalRunReport(progress);
        var attempts = new LocalAttempts(services.GetRequiredService<AttemptPipeline>(), request.Directory, report);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = new LocalWaits(request, report.PathOf, ending.Token);
        var last = request.Resume ? await FindLastAsync(services, request, cancellationToken) : null;
        if (last is { Status: ExecutionStatus.Completed })
        {
            request = request with { Inputs = await InputsOfAsync(services, request, last, cancellationToken) };
            progress.OnNotice($"the last run of workflow '{request.Workflow.Name}' completed; starting over with its inputs");
            last = null;
        }

        var id = last?.Id ?? Guid.CreateVersion7(time.GetUtcNow());
        await using var held = RunLock.Take(path, id);
        await using var execution = last is not null
            ? await ResumeAsync(services, request, last, attempts, OnChange, waits.BeginAsync, cancellationToken)
            : await CreateAsync(services, request, id, attempts, OnChange, waits.BeginAsync, cancellationToken);
        report.Begin(execution.State);
        var started = time.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, request.Abort);
        await waits.BeginAsync(execution);
        var state = await execution.RunAsync(stop.Token);
        await ending.CancelAsync();
        var result = report.End(state, time.GetElapsedTime(started), stop.IsCancellationRequested);
        progress.OnFinished(result);
        return result;

        void OnChange(ExecutionState state, IReadOnlyList<ExecutionEvent> events)
        {
            report.OnChange(state, events);
            waits.OnChange(state, events);
        }
    }

    private async Task<LocalExecution> CreateAsync(
        IServiceProvider services, LocalRunRequest request, Guid id, LocalAttempts attempts,
        Action<ExecutionState, IReadOnlyList<ExecutionEvent>> onChange, Func<LocalExecution, Task> onChild,
        CancellationToken cancellationToken)
    {
        var revision = await PinAsync(services.GetRequiredService<IWorkflowStore>(), request, cancellationToken);
        var now = time.GetUtcNow();
        var created = new ExecutionCreated
        {
            At = now,
            ExecutionId = id,
            Organization = LocalDatabase.Organization,
            WorkflowId = WorkflowId(request.Workflow.Name),
            Revision = revision,
            WorkflowName = request.Workflow.Name,
            WorkflowVersion = request.Workflow.Version,
            Inputs = request.Inputs,
            SecretInputs = SecretInputs.NamesOf(request.Workflow),
            TimeLimitAt = request.Workflow.TimeoutSecs is { } seconds ? now + TimeSpan.FromSeconds(seconds) : null,
            Labels = request.Workflow.Labels.Count > 0 ? request.Workflow.Labels : null,
        };
        attempts.Plans = new RevisionPlans(request.Workflow);
        return await LocalExecution.CreateAsync(
            attempts.Plans, created, services.GetRequiredService<IJournalStore>(), attempts, onChange, time, cancellationToken, _limits,
            onChild);
    }

    private static async Task<ExecutionRow> FindLastAsync(
        IServiceProvider services, LocalRunRequest request, CancellationToken cancellationToken)
    {
        // Subflows are executions of the same workflow, but no runs of their own.
        var filter = new ExecutionFilter
        {
            Organization = LocalDatabase.Organization, WorkflowId = WorkflowId(request.Workflow.Name), IsChild = false,
        };
        var rows = await services.GetRequiredService<IExecutionQueries>().ListAsync(filter, null, 0, 1, cancellationToken);
        if (rows.Count == 0)
        {
            throw new LocalRunException(
                $"No run of workflow '{request.Workflow.Name}' is kept in {request.StateDirectory}; start one without --resume");
        }

        var row = rows[0];
        if (row.Status.IsTerminal() && row.Status is not ExecutionStatus.Completed)
        {
            throw new LocalRunException(
                $"The last run of workflow '{request.Workflow.Name}' has ended ({row.Status.ToWord()}); "
                + "only an interrupted one can be resumed");
        }

        return row;
    }

    // The journal has the values as they were given; the file may declare other inputs by now.
    private static async Task<IReadOnlyDictionary<string, JsonElement>> InputsOfAsync(
        IServiceProvider services, LocalRunRequest request, ExecutionRow row, CancellationToken cancellationToken)
    {
        var rows = await services.GetRequiredService<IJournalStore>().ReadAsync(row.Id, 0, cancellationToken);
        var created = EventCodec.Decode(rows[0].Events.Span).OfType<ExecutionCreated>().First();
        var binding = InputBinder.Bind(request.Workflow.Inputs, created.Inputs);
        return binding.IsValid
            ? binding.Values
            : throw new LocalRunException(
                $"The last run of workflow '{request.Workflow.Name}' completed, and its inputs do not fit the file any more; "
                + "start anew without --resume", [.. binding.Problems.Select(problem => problem.Message)]);
    }

    private async Task<LocalExecution> ResumeAsync(
        IServiceProvider services, LocalRunRequest request, ExecutionRow row, LocalAttempts attempts,
        Action<ExecutionState, IReadOnlyList<ExecutionEvent>> onChange, Func<LocalExecution, Task> onChild,
        CancellationToken cancellationToken)
    {
        // The run goes on with the file as it was, whatever it is now.
        var version = await services.GetRequiredService<IWorkflowStore>().FindVersionAsync(row.WorkflowId, row.Revision, cancellationToken);
        var pinned = version is null
            ? null
            : WorkflowBundle.Read(version.Definition, WorkflowResources.FromJson(version.Resources)).Workflow;
        if (pinned is null)
        {
            throw new LocalRunException(
                $"Revision {row.Revision} of workflow '{request.Workflow.Name}', which the run began with, cannot be read");
        }

        attempts.Plans = new RevisionPlans(pinned);
        return await LocalExecution.ResumeAsync(
            attempts.Plans, row.Id, services.GetRequiredService<IJournalStore>(), attempts, onChange, time, cancellationToken, _limits,
            onChild);
    }

    private async Task<int> PinAsync(IWorkflowStore store, LocalRunRequest request, CancellationToken cancellationToken)
    {
        var id = WorkflowId(request.Workflow.Name);
        var old = await store.FindAsync(id, cancellationToken);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Text)));
        var resources = request.Resources.ToJson();
        if (old is not null
            && await store.FindVersionAsync(id, old.Revision, cancellationToken) is { } newest
            && newest.Sha256 == sha256 && newest.Resources == resources)
        {
            return old.Revision;
        }

        var now = time.GetUtcNow();
        var revision = (old?.Revision ?? 0) + 1;
        var row = new WorkflowRow
        {
            Id = id, Organization = LocalDatabase.Organization, Name = request.Workflow.Name, Version = request.Workflow.Version,
            Revision = revision, CreatedAt = old?.CreatedAt ?? now, UpdatedAt = now,
        };
        var version = new WorkflowVersionRow
        {
            WorkflowId = id, Revision = revision, Version = request.Workflow.Version, Definition = request.Text, Sha256 = sha256,
            CreatedAt = now, Resources = resources,
        };
        await store.SaveAsync(row, version, old?.Revision ?? 0, cancellationToken);
        return revision;
    }

    private static async Task<ServiceProvider> OpenAsync(LocalRunRequest request, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await MigrateAsync(request, LocalDatabase.Services(ArtifactFolder(request), path), cancellationToken);
        }
        catch (Exception exception) when (exception is MigrationException or DbException)
        {
            throw new LocalRunException($"The saved state {path} does not fit this version; --clean deletes it", [exception.Message]);
        }
    }

    private static async Task<ServiceProvider> MigrateAsync(
        LocalRunRequest request, IServiceCollection services, CancellationToken cancellationToken)
    {
        services.AddPeriplonTasks(options =>
        {
            options.WorkRoot = LocalDatabase.WorkOf(request.StateDirectory);
            options.Abort = request.Abort;
            options.InlineOutputBytes = request.Config.Artifacts.InlineBytes;
            options.PassEnvironment = [.. request.Config.Worker.EnvAllow];
            options.ReadableEnvironment = [.. request.Config.Worker.EnvAllow];
            options.AllowPrivateNetworks = request.Config.Worker.AllowPrivateNetworks;
            options.ModelScript = request.Config.ReadModelScript(request.Directory);
            options.ColoredConsole = request.Colored;
        });
        var provider = services.BuildServiceProvider();
        try
        {
            await provider.GetRequiredService<Migrator>().UpAsync(cancellationToken);
            return provider;
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }
    }

    private static string ArtifactFolder(LocalRunRequest request) => request.Workflow.Limits is { } limits && limits.HasExternalStorageDir()
        ? Path.GetFullPath(limits.ExternalStorageDir, request.Directory)
        : LocalDatabase.ArtifactsOf(request.StateDirectory);

    private static Guid WorkflowId(string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
}
