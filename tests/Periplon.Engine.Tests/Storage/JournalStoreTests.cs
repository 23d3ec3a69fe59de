using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

/// <summary>The committer around the databases, with a database that fails on command.</summary>
public sealed class JournalStoreTests(SqliteFixture fixture) : IClassFixture<SqliteFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_SiloDeclaredDeadWhileTheDatabaseIsAway_IsNotTriedAgain()
    {
        var time = new FakeTimeProvider();
        using var instruments = new JournalInstruments();
        await using var store = new FailingStore(fixture.Test.Database, instruments, time, new RecordingLogger()) { Failures = 3 };
        var asked = 0;
        var append = store.AppendAsync(
            Append() with { BeforeRepeat = () => ++asked < 2 ? ValueTask.CompletedTask : throw new TimeoutException("declared dead") }, Ct);
        await Eventually.TrueAsync("the append is given up", () =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            return Task.FromResult(append.IsCompleted);
        });

        (await Should.ThrowAsync<TimeoutException>(append)).Message.ShouldBe("declared dead");
        instruments.Retries.ShouldBe(2);
    }

    [Fact]
    public async Task Append_DatabaseAway_TriesAgainAndSaysSoOnce()
    {
        var time = new FakeTimeProvider();
        var logger = new RecordingLogger();
        using var instruments = new JournalInstruments();
        await using var store = new FailingStore(fixture.Test.Database, instruments, time, logger) { Failures = 3 };

        var append = store.AppendAsync(Append(), Ct);
        await Eventually.TrueAsync("the append succeeds", () =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            return Task.FromResult(append.IsCompleted);
        });

        await append;
        instruments.Retries.ShouldBe(3);
        logger.Messages.ShouldBe(["The journal cannot commit; appends wait and are tried again", "The journal commits again"]);
    }

    [Fact]
    public async Task Append_DatabaseAway_GivesUpWhenCancelled()
    {
        using var instruments = new JournalInstruments();
        var store = new FailingStore(fixture.Test.Database, instruments, TimeProvider.System, new RecordingLogger()) { Failures = int.MaxValue };
        using var cancellation = new CancellationTokenSource();
        var append = store.AppendAsync(Append(), cancellation.Token);
        await Eventually.TrueAsync("a try has failed", () => Task.FromResult(instruments.Retries > 0));
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(append);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Close_WhileItIsNotKnownWhetherTheSiloLives_DoesNotWaitForThat()
    {
        using var instruments = new JournalInstruments();
        var time = new FakeTimeProvider();
        var store = new FailingStore(fixture.Test.Database, instruments, time, new RecordingLogger()) { Failures = int.MaxValue };
        var asked = false;
        var never = new TaskCompletionSource();
        var append = store.AppendAsync(
            Append() with
            {
                BeforeRepeat = () =>
                {
                    asked = true;
                    return new ValueTask(never.Task);
                },
            },
            Ct);
        await Eventually.TrueAsync("it is asked", () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(asked);
        });
        var closing = store.DisposeAsync().AsTask();
        await Eventually.TrueAsync("the store is closed", () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(closing.IsCompleted);
        });
        await Should.ThrowAsync<ObjectDisposedException>(append);
    }

    [Fact]
    public async Task Close_DatabaseAway_TellsWhoWaits()
    {
        using var instruments = new JournalInstruments();
        var time = new FakeTimeProvider();
        var store = new FailingStore(fixture.Test.Database, instruments, time, new RecordingLogger()) { Failures = int.MaxValue };
        var append = store.AppendAsync(Append(), Ct);
        var closing = store.DisposeAsync().AsTask();
        await Eventually.TrueAsync("the store is closed", () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(closing.IsCompleted);
        });
        (await Should.ThrowAsync<ObjectDisposedException>(append)).Message.ShouldContain("outcome is unknown");
    }

    [Fact]
    public async Task Append_CommittedButTheAnswerIsLost_IsFoundByItsToken()
    {
        using var instruments = new JournalInstruments();
        await using var store = new ForgetfulStore(fixture.Test.Database, instruments, TimeProvider.System, new RecordingLogger());
        var append = Append();
        await store.AppendAsync(append, Ct);
        await Should.ThrowAsync<JournalConflictException>(store.AppendAsync(append with { Writer = Guid.NewGuid() }, Ct));
        (await store.ReadAsync(append.ExecutionId, 0, Ct)).Count.ShouldBe(1);
        (instruments.Retries, instruments.Recovered, instruments.Conflicts).ShouldBe((1, 1, 1));
    }

    [Fact]
    public void Instruments_CountWhatHappens()
    {
        using var instruments = new JournalInstruments();
        instruments.OnCommitted(5);
        instruments.OnCommitted(2);
        instruments.OnConflict();
        (instruments.Commits, instruments.Rows, instruments.Conflicts).ShouldBe((2, 7, 1));
    }

    private static JournalAppend Append() => new(Guid.CreateVersion7(), 1, new byte[] { 1 }, Guid.NewGuid(), default, null);

    private sealed class FailingStore : JournalStore
    {
        private int _failures;

        public FailingStore(Database database, JournalInstruments instruments, TimeProvider time, ILogger logger)
            : base(database, instruments, time, logger) => StartFlushers(1);

        public int Failures { init => _failures = value; }

        protected override Task<AppendOutcome[]> WriteAsync(IReadOnlyList<JournalAppend> batch, int attempt) =>
            _failures-- > 0
                ? Task.FromException<AppendOutcome[]>(new IOException("cut"))
                : Task.FromResult(new AppendOutcome[batch.Count]);
    }

    /// <summary>Commits its first batch and then loses the connection.</summary>
    private sealed class ForgetfulStore : JournalStore
    {
        private readonly SqliteJournalWriter _writer;
        private bool _hasForgotten;

        public ForgetfulStore(Database database, JournalInstruments instruments, TimeProvider time, ILogger logger)
            : base(database, instruments, time, logger)
        {
            _writer = new(((SqliteDataSource)database.Journal).OpenSqlite());
            StartFlushers(1);
        }

        protected override Task<AppendOutcome[]> WriteAsync(IReadOnlyList<JournalAppend> batch, int attempt)
        {
            var outcomes = _writer.Write(batch);
            if (_hasForgotten)
            {
                return Task.FromResult(outcomes);
            }

            _hasForgotten = true;
            return Task.FromException<AppendOutcome[]>(new IOException("cut"));
        }

        protected override void OnFlusherEnded() => _writer.Dispose();
    }

    private sealed class RecordingLogger : ILogger
    {
        public List<string> Messages { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Add(formatter(state, exception));
    }
}
