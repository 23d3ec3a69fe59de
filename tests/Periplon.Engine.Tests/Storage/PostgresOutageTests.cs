using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Executions;

namespace Periplon.Engine.Tests.Storage;

/// <summary>A server of its own for all tests of the class.</summary>
public sealed class PrivatePostgresFixture : IAsyncLifetime
{
    internal PrivatePostgres Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await PrivatePostgres.StartAsync();
        await using var database = Database.Open(Server.Options);
        await new Migrator(database, TimeProvider.System, NullLogger<Migrator>.Instance).UpAsync(CancellationToken.None);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>The journal while its database breaks off, crashes and comes back: no append is lost, doubled, or called a conflict.</summary>
public sealed class PostgresOutageTests(PrivatePostgresFixture fixture) : IClassFixture<PrivatePostgresFixture>
{
    private readonly PrivatePostgres _server = fixture.Server;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_AnswerOfTheCommitIsLost_IsFoundByItsTokenAndNotDoubled()
    {
        using var proxy = new CuttingProxy(_server.Port);
        using var instruments = new JournalInstruments();
        await using var database = Through(proxy);
        await using var store = Open(database, instruments);
        var id = Guid.CreateVersion7();
        await store.AppendAsync(Append(id, 1), Ct);

        // The bytes of the event are on their way to the server only when the statement itself is.
        proxy.Decide(bytes => Find(bytes, "turn 2 ") ? Cut.AfterTheServerAnswered : Cut.None);
        var second = store.AppendAsync(Append(id, 2), Ct);
        await Eventually.TrueAsync("an answer was lost", () => Task.FromResult(proxy.Cuts > 0));
        proxy.Decide(_ => Cut.None);
        await second;
        await store.AppendAsync(Append(id, 3), Ct);

        instruments.Recovered.ShouldBe(1);
        instruments.Conflicts.ShouldBe(0);
        (await store.ReadAsync(id, 0, Ct)).Select(row => row.Seq).ShouldBe([1L, 2, 3]);
    }

    [Fact]
    public async Task Append_AnswersAreLostUnderLoad_EachIsStoredOnce()
    {
        using var proxy = new CuttingProxy(_server.Port);
        using var instruments = new JournalInstruments();
        await using var database = Through(proxy);
        await using var store = Open(database, instruments);
        var seen = 0;
        proxy.Decide(bytes => Find(bytes, "turn ") && Interlocked.Increment(ref seen) % 7 == 0 ? Cut.AfterTheServerAnswered : Cut.None);

        // How many appends share a statement is the machine's affair.
        for (var round = 0; round < 20 && proxy.Cuts <= 3; round++)
        {
            await VerifyAsync(store, await LoadAsync(store, executions: 40, turns: 12));
        }

        proxy.Cuts.ShouldBeGreaterThan(3);
        instruments.Recovered.ShouldBeGreaterThan(0);
        instruments.Conflicts.ShouldBe(0);
    }

    [Fact]
    public async Task Append_ServerCrashesInTheMiddleOfCommits_LeavesNothingInDoubt()
    {
        using var instruments = new JournalInstruments();
        await using var database = Database.Open(_server.Options);
        await using var store = Open(database, instruments);
        var acknowledged = 0;
        var load = LoadAsync(store, executions: 40, turns: 200, () => Interlocked.Increment(ref acknowledged));
        for (var crash = 1; crash <= 2 && !load.IsCompleted; crash++)
        {
            var before = Volatile.Read(ref acknowledged);
            await Eventually.TrueAsync("commits are under way", () => Task.FromResult(Volatile.Read(ref acknowledged) > before + 100));
            await _server.CrashAsync();
            await _server.UpAsync();
        }

        await VerifyAsync(store, await load);
        instruments.Retries.ShouldBeGreaterThan(0);
        instruments.Conflicts.ShouldBe(0, "what this writer stored before the crash is its own");
    }

    [Fact]
    public async Task Append_DatabaseAway_WaitsAndGoesOnByItself()
    {
        using var proxy = new CuttingProxy(_server.Port);
        using var instruments = new JournalInstruments();
        await using var database = Through(proxy);
        await using var store = Open(database, instruments);
        var id = Guid.CreateVersion7();
        await store.AppendAsync(Append(id, 1), Ct);
        proxy.Close();
        var waiting = Task.WhenAll(store.AppendAsync(Append(id, 2), Ct), store.AppendAsync(Append(Guid.CreateVersion7(), 1), Ct));
        var read = await Should.ThrowAsync<Exception>(store.ReadAsync(id, 0, Ct));
        StorageErrors.IsTransient(read).ShouldBeTrue("the API answers 503 by this");
        await Eventually.TrueAsync("it is tried again", () => Task.FromResult(instruments.Retries > 2));
        waiting.IsCompleted.ShouldBeFalse();

        proxy.Open();
        await waiting;
        (await store.ReadAsync(id, 0, Ct)).Count.ShouldBe(2);
    }

    private static async Task<IReadOnlyList<Guid>> LoadAsync(PostgresJournalStore store, int executions, int turns, Action? onStored = null)
    {
        var ids = Enumerable.Range(0, executions).Select(_ => Guid.CreateVersion7()).ToArray();
        await Task.WhenAll(ids.Select(async id =>
        {
            for (var seq = 1; seq <= turns; seq++)
            {
                await store.AppendAsync(Append(id, seq), Ct);
                onStored?.Invoke();
            }
        }));
        return ids;
    }

    private static async Task VerifyAsync(PostgresJournalStore store, IReadOnlyList<Guid> ids)
    {
        foreach (var id in ids)
        {
            var rows = await store.ReadAsync(id, 0, Ct);
            rows.Select(row => row.Seq).ShouldBe(Enumerable.Range(1, rows.Count).Select(seq => (long)seq));
            rows.Select(row => Encoding.UTF8.GetString(row.Events.Span)).ShouldBe(rows.Select(row => $"turn {row.Seq} of {id}"));
        }
    }

    private static bool Find(ReadOnlyMemory<byte> bytes, string text) => bytes.Span.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    private static JournalAppend Append(Guid id, long seq) => new(
        id, seq, Encoding.UTF8.GetBytes($"turn {seq} of {id}"), Guid.NewGuid(), Samples.Start,
        seq == 1 ? ExecutionRows.First(id, Samples.Created(Samples.Workflow("", "a"), Samples.Start) with { ExecutionId = id }, 0) : null);

    private static PostgresJournalStore Open(Database database, JournalInstruments instruments) =>
        new(database, instruments, TimeProvider.System, NullLogger<PostgresJournalStore>.Instance);

    private Database Through(CuttingProxy proxy) => Database.Open(_server.Options with
    {
        ConnectionString = new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Port = proxy.Port }.ConnectionString,
    });
}
