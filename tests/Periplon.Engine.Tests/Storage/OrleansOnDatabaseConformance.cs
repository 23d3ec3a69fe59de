using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Storage;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

/// <summary>Orleans' own providers on our schema: grain state, reminders and membership, with silos that share the database.</summary>
public abstract class OrleansOnDatabaseConformance(DatabaseFixture fixture)
{
    private static readonly DateTime FarAway = new(2040, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwoSilos_ShareMembershipStateAndReminders_AndTheirDataOutlivesThem()
    {
        var cluster = $"c-{Guid.NewGuid():N}";
        var key = $"ä/{Guid.NewGuid():N}";
        using (var first = await StartAsync(cluster, "one"))
        using (var second = await StartAsync(cluster, "two"))
        {
            var management = first.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
            await Eventually.TrueAsync("both silos are members", async () => (await management.GetHosts(true)).Count == 2);

            (await Counter(first, key).AddAsync(2)).ShouldBe(2);
            (await Counter(second, key).AddAsync(3)).ShouldBe(5);
            await Counter(second, key).RemindAsync();
            await Eventually.TrueAsync("the reminder has fired", async () => await Counter(first, key).GetRemindersAsync() > 0);
            await first.StopAsync(Ct);
            (await Counter(second, key).AddAsync(0)).ShouldBe(5, "the other silo took it over");
            await second.StopAsync(Ct);
        }

        using var third = await StartAsync(cluster, "three");
        (await Counter(third, key).AddAsync(1)).ShouldBe(6);
        (await Counter(third, key).ForgetAsync()).ShouldBeTrue("the reminder was still there");
        (await Counter(third, key).ForgetAsync()).ShouldBeFalse();
        await Counter(third, key).ClearAsync();
        (await Counter(third, key).AddAsync(1)).ShouldBe(1);
        await third.StopAsync(Ct);
    }

    [Fact]
    public async Task Storage_RefusesStaleWrites_AndSecondFirstWrites()
    {
        using var host = await StartAsync($"c-{Guid.NewGuid():N}", "one");
        var storage = host.Services.GetRequiredService<IGrainStorage>();
        var id = GrainId.Create("direct", Guid.NewGuid().ToString("N"));

        var first = new GrainState<CounterState> { State = new() { Count = 1 } };
        var rival = new GrainState<CounterState> { State = new() { Count = 100 } };
        await storage.WriteStateAsync("direct", id, first);
        await Should.ThrowAsync<InconsistentStateException>(storage.WriteStateAsync("direct", id, rival));

        var stale = new GrainState<CounterState>();
        await storage.ReadStateAsync("direct", id, stale);
        stale.State!.Count.ShouldBe(1);
        first.State = new() { Count = 2 };
        await storage.WriteStateAsync("direct", id, first);
        await Should.ThrowAsync<InconsistentStateException>(storage.WriteStateAsync("direct", id, stale));
        await Should.ThrowAsync<InconsistentStateException>(storage.ClearStateAsync("direct", id, stale));

        await storage.ClearStateAsync("direct", id, first);
        var gone = new GrainState<CounterState>();
        await storage.ReadStateAsync("direct", id, gone);
        gone.RecordExists.ShouldBeFalse();
        await host.StopAsync(Ct);
    }

    [Fact]
    public async Task Reminders_AreFoundInEveryPartOfTheRing()
    {
        using var host = await StartAsync($"c-{Guid.NewGuid():N}", "one");
        var table = host.Services.GetRequiredService<IReminderTable>();
        var ids = Enumerable.Range(0, 64).Select(i => GrainId.Create("ring", $"{i}")).ToArray();
        foreach (var id in ids)
        {
            await table.UpsertRow(
                new() { GrainId = id, ReminderName = "r", StartAt = FarAway, Period = TimeSpan.FromHours(1) }, Ct);
        }

        // Ranges that begin and end below and above the middle, where the stored number turns negative, and one that wraps.
        foreach (var (begin, end) in new (uint, uint)[]
        {
            (0, 0x40000000), (0x40000000, 0xC0000000), (0x80000001, 0xF0000000), (0xC0000000, 0x20000000), (0x7FFFFFFF, 0x80000000), (7, 7),
        })
        {
            var expected = ids.Where(id => IsWithin(id.GetUniformHashCode(), begin, end));
            var found = await table.ReadRows(begin, end, Ct);
            found.Reminders.Select(row => row.GrainId).ShouldBe(expected, ignoreOrder: true, $"({begin:x}, {end:x}]");
        }

        var one = (await table.ReadRow(ids[0], "r", Ct)).ShouldNotBeNull();
        one.StartAt.ShouldBe(FarAway);
        (await table.RemoveRow(ids[0], "r", "77", Ct)).ShouldBeFalse();
        (await table.RemoveRow(ids[0], "r", one.ETag!, Ct)).ShouldBeTrue();
        await host.StopAsync(Ct);
    }

    private static bool IsWithin(uint hash, uint begin, uint end) => begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;

    private static ICounterGrain Counter(IHost host, string key) =>
        host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>(key);

    private async Task<IHost> StartAsync(string cluster, string name)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            fixture.Test.Database.ConfigureOrleans(silo, clustering: true);
            silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster, cluster));
            silo.Configure<SiloOptions>(options => options.SiloName = name);
            silo.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromSeconds(1));
            silo.ConfigureEndpoints(IPAddress.Loopback, Ports.Free(), Ports.Free(), listenOnAnyHostAddress: false);
        });
        var host = builder.Build();
        await host.StartAsync(Ct);
        return host;
    }
}

public sealed class OrleansOnSqliteTests(SqliteFixture fixture) : OrleansOnDatabaseConformance(fixture), IClassFixture<SqliteFixture>;

public sealed class OrleansOnPostgresTests(PostgresFixture fixture) : OrleansOnDatabaseConformance(fixture), IClassFixture<PostgresFixture>;

[Alias("Periplon.Tests.ICounterGrain")]
public interface ICounterGrain : IGrainWithStringKey
{
    [Alias("Add")]
    Task<int> AddAsync(int amount);

    [Alias("Remind")]
    Task RemindAsync();

    [Alias("GetReminders")]
    Task<int> GetRemindersAsync();

    [Alias("Forget")]
    Task<bool> ForgetAsync();

    [Alias("Clear")]
    Task ClearAsync();
}

[GenerateSerializer, Alias("Periplon.Tests.CounterState")]
public sealed class CounterState
{
    [Id(0)]
    public int Count { get; set; }

    [Id(1)]
    public int Reminders { get; set; }
}

[GrainType("counter")]
public sealed class CounterGrain([PersistentState("counter")] IPersistentState<CounterState> state) : Grain, ICounterGrain, IRemindable
{
    public async Task<int> AddAsync(int amount)
    {
        state.State.Count += amount;
        await state.WriteStateAsync();
        return state.State.Count;
    }

    // Every second: a tick that falls into a change of the ring is lost.
    public Task RemindAsync() => this.RegisterOrUpdateReminder("tick", TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));

    public Task<int> GetRemindersAsync() => Task.FromResult(state.State.Reminders);

    public async Task<bool> ForgetAsync()
    {
        if (await this.GetReminder("tick") is not { } reminder)
        {
            return false;
        }

        await this.UnregisterReminder(reminder);
        return true;
    }

    public Task ClearAsync() => state.ClearStateAsync();

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        state.State.Reminders++;
        return Task.CompletedTask;
    }
}
