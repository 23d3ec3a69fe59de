using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.TestingHost;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Invariants;
using Periplon.Engine.Queue;
using Periplon.Engine.Resources;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Tests.Storage;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Cluster;

/// <summary>Silos with the whole engine over one database; attempts are those of the test.</summary>
internal sealed class EngineCluster : IAsyncDisposable
{
    public const string Organization = "default";

    private readonly TestDatabase _database;
    private readonly InProcessTestCluster _cluster;
    private readonly ConcurrentDictionary<string, FakeAttempts> _attempts;

    private EngineCluster(TestDatabase database, InProcessTestCluster cluster, ConcurrentDictionary<string, FakeAttempts> attempts) =>
        (_database, _cluster, _attempts) = (database, cluster, attempts);

    public IClusterClient Client => _cluster.Client;
    public TestDatabase Database => _database;
    public IReadOnlyList<InProcessSiloHandle> Silos => [.. _cluster.GetActiveSilos()];

    /// <summary>The attempts of the first silo, or of all when there is one.</summary>
    public FakeAttempts Attempts => AttemptsOf(Silos[0]);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<EngineCluster> StartAsync(
        DatabaseKind kind, short silos = 1, Action<EngineOptions>? configure = null, Action<FakeAttempts>? prepare = null,
        string? library = null, Action<ISiloBuilder>? silo = null)
    {
        var database = await TestDatabase.CreateAsync(kind);
        var attempts = new ConcurrentDictionary<string, FakeAttempts>();
        var builder = new InProcessTestClusterBuilder(silos);
        var further = silo;
        builder.ConfigureSilo((options, silo) =>
        {
            var runner = attempts.GetOrAdd(options.SiloName, _ => new FakeAttempts());
            prepare?.Invoke(runner);
            silo.UseInMemoryReminderService();
            silo.Services.AddLogging(logging => logging.ClearProviders());
            var opened = Engine.Storage.Database.Open(database.Options);
            silo.Services.AddPeriplonStorage(opened, Path.GetTempPath());
            opened.ConfigureGrainStorage(silo);
            if (library is not null)
            {
                silo.Services.AddSingleton(new ResourceOptions { Directory = library });
            }

            silo.AddPeriplonEngine(engine =>
            {
                engine.Partitions = 2;
                engine.Slots = 8;
                engine.SweepInterval = TimeSpan.FromMilliseconds(200);
                engine.DrainTimeout = TimeSpan.FromSeconds(1);
                configure?.Invoke(engine);
            });
            silo.Services.Configure<ScheduleOptions>(schedules =>
            {
                schedules.Shards = 2;
                schedules.SweepInterval = TimeSpan.FromMilliseconds(200);
            });
            silo.Services.AddSingleton<IAttemptRunner>(runner);
            further?.Invoke(silo);
            silo.Configure<ClusterMembershipOptions>(membership =>
            {
                membership.ProbeTimeout = TimeSpan.FromSeconds(1);
                membership.NumMissedProbesLimit = 2;
            });
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new EngineCluster(database, cluster, attempts);
    }

    public FakeAttempts AttemptsOf(InProcessSiloHandle silo) => _attempts[silo.Name];

    public T Service<T>() where T : notnull => Silos[0].ServiceProvider.GetRequiredService<T>();

    public static WorkerService Worker(InProcessSiloHandle silo) => silo.ServiceProvider.GetServices<IHostedService>().OfType<WorkerService>().Single();

    public async Task<Guid> SaveAsync(string head, params string[] tasks)
    {
        var id = Guid.NewGuid();
        var saved = await Client.GetGrain<IWorkflowGrain>(id.ToString("D")).CreateAsync(
            new SaveWorkflow { Organization = Organization, Definition = Samples.Yaml($"w-{id:N}", head, tasks) }, Ct);
        saved.Status.ShouldBe(WorkflowSaveStatus.Saved, string.Join('\n', saved.Problems.Select(p => p.Message)));
        return id;
    }

    public async Task<Guid> StartAsync(Guid workflow)
    {
        var id = Guid.CreateVersion7();
        (await TryStartAsync(workflow, id)).ShouldBe(StartStatus.Started);
        return id;
    }

    public async Task<StartStatus> TryStartAsync(Guid workflow, Guid id, object? inputs = null, int priority = 0)
    {
        var request = new StartExecution
        {
            ExecutionId = id, Organization = Organization, Priority = priority,
            Inputs = inputs is null ? default : JsonSerializer.SerializeToUtf8Bytes(inputs),
        };
        return (await Client.GetGrain<IWorkflowGrain>(workflow.ToString("D")).StartAsync(request, Ct)).Status;
    }

    public async Task<Guid> RunAsync(string head, params string[] tasks) => await StartAsync(await SaveAsync(head, tasks));

    public IExecutionGrain Execution(Guid id) => Client.GetGrain<IExecutionGrain>(id.ToString("D"));

    /// <summary>The execution with its tasks.</summary>
    public async Task<ExecutionView> ViewAsync(Guid id) => await WithTasksAsync((await Execution(id).DescribeAsync(Ct)).ShouldNotBeNull(), id);

    /// <summary>Waits for the end, as a client does: in slices, and again when a silo was lost meanwhile.</summary>
    public async Task<ExecutionView> EndAsync(Guid id)
    {
        ExecutionView? view = null;
        await Eventually.TrueAsync($"execution {id} has ended", async () =>
        {
            try
            {
                view = await Execution(id).WaitForEndAsync(TimeSpan.FromSeconds(2), Ct);
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                return false;
            }

            return view is { IsTerminal: true };
        }, 60);
        return await WithTasksAsync(view!, id);
    }

    private async Task<ExecutionView> WithTasksAsync(ExecutionView view, Guid id) =>
        view with { Tasks = (await Execution(id).ListTasksAsync(new TaskSlice(0, 1000), Ct)).ShouldNotBeNull().Tasks };

    public IQueueGrain PartitionOf(Guid execution) =>
        Client.GetGrain<IQueueGrain>(QueuePartitions.KeyOf(Service<QueuePartitions>().Of(execution)));

    /// <summary>Takes the next offer of an execution as a worker would, and no other's.</summary>
    public async Task<TaskOffer> TakeAsync(Guid execution)
    {
        TaskOffer? found = null;
        var partition = PartitionOf(execution);
        await Eventually.TrueAsync($"execution {execution} has an offer", async () =>
        {
            foreach (var offer in await partition.TakeAsync(100, [], Ct))
            {
                await partition.DoneAsync([offer.Ticket]);
                found = offer.ExecutionId == execution ? offer : found;
            }

            return found is not null;
        });
        return found!;
    }

    public Task<TaskLease?> ClaimAsync(TaskOffer offer, Guid token, string? worker = null) => Execution(offer.ExecutionId).TryStartAsync(
        new TaskClaim { Task = offer.Task, Attempt = offer.Attempt, Token = token, Worker = worker ?? Silos[0].SiloAddress.ToParsableString() }, Ct);

    public Task<ReportStatus> ReportAsync(TaskOffer offer, Guid token, TaskOutcome outcome) => Execution(offer.ExecutionId).ReportAsync(
        new TaskReport
        {
            Task = offer.Task, Attempt = offer.Attempt, Token = token,
            Outcome = JsonSerializer.SerializeToUtf8Bytes(outcome, ExecutionJson.Default.TaskOutcome),
        },
        Ct);

    public async Task<List<ExecutionEvent>> EventsAsync(Guid id) =>
        [.. (await Service<IJournalStore>().ReadAsync(id, 0, Ct)).SelectMany(row => EventCodec.Decode(row.Events.Span))];

    /// <summary>Makes the sweep look at an execution now rather than in a minute.</summary>
    public Task MakeDueAsync(Guid id)
    {
        var past = _database.Options.Kind is DatabaseKind.Postgres ? "now() - interval '1 minute'" : "0";
        return _database.ScalarAsync($"update executions set next_wake_at = {past} where id = '{id:D}'");
    }

    public Task DeactivateAsync(IAddressable grain) => _cluster.DeactivateAsync(grain);

    public Task KillAsync(InProcessSiloHandle silo) => _cluster.KillSiloAsync(silo);

    private static IEnumerable<string> BrokenAt(InProcessSiloHandle silo)
    {
        var monitor = silo.ServiceProvider.GetRequiredService<InvariantMonitor>();
        return Invariant.All.Where(each => monitor.CountOf(each) > 0).Select(each => $"{each.Name} {monitor.CountOf(each)} times");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var attempts in _attempts.Values)
        {
            attempts.Release();
        }

        var broken = Silos.SelectMany(BrokenAt).ToList();
        await _cluster.DisposeAsync();
        await _database.DisposeAsync();
        broken.ShouldBeEmpty("no test makes the engine break an invariant");
    }
}
