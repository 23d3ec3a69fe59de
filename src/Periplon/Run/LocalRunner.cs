using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Periplon.Core.Plans;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Validation;
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
    private const string Organization = "local";

    private readonly LocalLimits _limits = new(time);

    public async Task<LocalRunResult> ExecuteAsync(LocalRunRequest request, IRunProgress progress, CancellationToken cancellationToken)
    {
        var unsupported = RunnableCheck.Check(request.Workflow);
        if (unsupported.Count > 0)
        {
            throw new LocalRunException("This version cannot run the workflow", [.. unsupported.Select(d => $"{d.Path}: {d.Message}")]);
        }

        var path = StatePath(request);
        if (request.Clean)
        {
            if (RunLock.IsAnyHeld(path))
            {
                throw new LocalRunException(
                    $"A run of workflow '{request.Workflow.Name}' is still under way in another process; its state cannot be deleted");
            }

            Delete(path);
        }

        await using var services = await OpenAsync(request, path, cancellationToken);
        var attempts = new LocalAttempts(services.GetRequiredService<AttemptPipeline>(), request.Directory, progress);
        var report = new LocalRunReport(progress);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waits = new LocalWaits(request, ending.Token);
        var last = request.Resume ? await FindLastAsync(services, request, cancellationToken) : null;
        var id = last?.Id ?? Guid.CreateVersion7(time.GetUtcNow());
        await using var held = RunLock.Take(path, id);
        await using var execution = last is not null
            ? await ResumeAsync(services, request, last, attempts, OnChange, cancellationToken)
            : await CreateAsync(services, request, id, attempts, OnChange, cancellationToken);
        report.Begin(execution.State);
        var started = time.GetTimestamp();
        await waits.BeginAsync(execution);
        var state = await execution.RunAsync(cancellationToken);
        await ending.CancelAsync();
        var result = LocalRunReport.End(state, time.GetElapsedTime(started), cancellationToken.IsCancellationRequested);
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
        Action<ExecutionState, IReadOnlyList<ExecutionEvent>> onChange, CancellationToken cancellationToken)
    {
        var revision = await PinAsync(services.GetRequiredService<IWorkflowStore>(), request, cancellationToken);
        var now = time.GetUtcNow();
        var created = new ExecutionCreated
        {
            At = now,
            ExecutionId = id,
            Organization = Organization,
            WorkflowId = WorkflowId(request.Workflow.Name),
            Revision = revision,
            WorkflowName = request.Workflow.Name,
            WorkflowVersion = request.Workflow.Version,
            Inputs = request.Inputs,
            SecretInputs = SecretInputs.NamesOf(request.Workflow),
            TimeLimitAt = request.Workflow.TimeoutSecs is { } seconds ? now + TimeSpan.FromSeconds(seconds) : null,
            Labels = request.Workflow.Labels.Count > 0 ? request.Workflow.Labels : null,
        };
        var plan = ExecutionPlan.Compile(request.Workflow);
        attempts.Plan = plan;
        return await LocalExecution.CreateAsync(
            plan, created, services.GetRequiredService<IJournalStore>(), attempts, onChange, time, cancellationToken, _limits);
    }

    private static async Task<ExecutionRow> FindLastAsync(
        IServiceProvider services, LocalRunRequest request, CancellationToken cancellationToken)
    {
        var filter = new ExecutionFilter { Organization = Organization, WorkflowId = WorkflowId(request.Workflow.Name) };
        var rows = await services.GetRequiredService<IExecutionQueries>().ListAsync(filter, null, 0, 1, cancellationToken);
        if (rows.Count == 0)
        {
            throw new LocalRunException(
                $"No run of workflow '{request.Workflow.Name}' is kept in {request.StateDirectory}; start one without --resume");
        }

        var row = rows[0];
        if (row.Status.IsTerminal())
        {
            throw new LocalRunException(
                $"The last run of workflow '{request.Workflow.Name}' has ended ({row.Status.ToWord()}); "
                + "only an interrupted one can be resumed");
        }

        return row;
    }

    private async Task<LocalExecution> ResumeAsync(
        IServiceProvider services, LocalRunRequest request, ExecutionRow row, LocalAttempts attempts,
        Action<ExecutionState, IReadOnlyList<ExecutionEvent>> onChange, CancellationToken cancellationToken)
    {
        // The run goes on with the file as it was, whatever it is now.
        var version = await services.GetRequiredService<IWorkflowStore>().FindVersionAsync(row.WorkflowId, row.Revision, cancellationToken);
        var pinned = version is null ? null : WorkflowParser.Parse(version.Definition).Workflow;
        if (pinned is null)
        {
            throw new LocalRunException(
                $"Revision {row.Revision} of workflow '{request.Workflow.Name}', which the run began with, cannot be read");
        }

        attempts.Plan = ExecutionPlan.Compile(pinned);
        return await LocalExecution.ResumeAsync(
            attempts.Plan, row, services.GetRequiredService<IJournalStore>(), attempts, onChange, time, cancellationToken, _limits);
    }

    private async Task<int> PinAsync(IWorkflowStore store, LocalRunRequest request, CancellationToken cancellationToken)
    {
        var id = WorkflowId(request.Workflow.Name);
        var old = await store.FindAsync(id, cancellationToken);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request.Text)));
        if (old is not null && (await store.FindVersionAsync(id, old.Revision, cancellationToken))?.Sha256 == sha256)
        {
            return old.Revision;
        }

        var now = time.GetUtcNow();
        var revision = (old?.Revision ?? 0) + 1;
        var row = new WorkflowRow
        {
            Id = id, Organization = Organization, Name = request.Workflow.Name, Version = request.Workflow.Version, Revision = revision,
            CreatedAt = old?.CreatedAt ?? now, UpdatedAt = now,
        };
        var version = new WorkflowVersionRow
        {
            WorkflowId = id, Revision = revision, Version = request.Workflow.Version, Definition = request.Text, Sha256 = sha256,
            CreatedAt = now,
        };
        await store.SaveAsync(row, version, old?.Revision ?? 0, cancellationToken);
        return revision;
    }

    private static async Task<ServiceProvider> OpenAsync(LocalRunRequest request, string path, CancellationToken cancellationToken)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Error));
        services.AddPeriplonStorage(DatabaseOptions.ForFile(path), Path.Combine(request.StateDirectory, "artifacts"));
        services.AddPeriplonTasks(options =>
        {
            options.WorkRoot = Path.Combine(request.StateDirectory, "work");
            options.InlineOutputBytes = request.Config.Artifacts.InlineBytes;
            options.PassEnvironment = [.. request.Config.Worker.EnvAllow];
            options.ReadableEnvironment = [.. request.Config.Worker.EnvAllow];
            options.AllowPrivateNetworks = request.Config.Worker.AllowPrivateNetworks;
        });
        var provider = services.BuildServiceProvider();
        try
        {
            await provider.GetRequiredService<Migrator>().UpAsync(cancellationToken);
            return provider;
        }
        catch (MigrationException exception)
        {
            await provider.DisposeAsync();
            throw new LocalRunException($"The saved state {path} does not fit this version; --clean deletes it", [exception.Message]);
        }
    }

    private static Guid WorkflowId(string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));

    // The name is any text; the hash keeps two names that differ only in unusual characters apart.
    private static string StatePath(LocalRunRequest request)
    {
        var name = request.Workflow.Name;
        var safe = string.Concat(name.Take(60).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..8];
        return Path.Combine(request.StateDirectory, $"{safe}-{hash}.db");
    }

    private static void Delete(string path)
    {
        foreach (var suffix in new[] { "", "-wal", "-shm" })
        {
            File.Delete(path + suffix);
        }
    }
}
