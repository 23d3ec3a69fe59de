using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Periplon.Engine.Logs;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Logs;

public sealed class LogWriterTests
{
    private readonly MemoryStore _store = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Flush_StoresEveryLineInOrder()
    {
        await using var writer = await StartAsync();
        for (var i = 0; i < 2000; i++)
        {
            await writer.WriteAsync(Line($"{i}"), Ct);
        }

        await writer.FlushAsync(Ct);
        _store.Messages.ShouldBe(Enumerable.Range(0, 2000).Select(i => $"{i}"));
        writer.Stored.ShouldBe(2000);
    }

    [Fact]
    public async Task Stop_StoresWhatIsLeft()
    {
        var writer = await StartAsync();
        await writer.WriteAsync(Line("last"), Ct);
        await writer.StopAsync(Ct);
        _store.Messages.ShouldBe(["last"]);

        await writer.WriteAsync(Line("too late"), Ct);
        await writer.FlushAsync(Ct);
        writer.Dropped.ShouldBe(1);
        await writer.DisposeAsync();
    }

    [Fact]
    public async Task Write_DatabaseAway_MakesProducersWaitAndLosesNothing()
    {
        _store.IsAway = true;
        await using var writer = await StartAsync();
        var produced = 0;
        var producer = Task.Run(async () =>
        {
            for (; produced < 20_000; produced++)
            {
                await writer.WriteAsync(Line($"{produced}"), Ct);
            }
        }, Ct);
        await Eventually.TrueAsync("the buffer is full", () => Task.FromResult(Volatile.Read(ref produced) >= 8192));
        producer.IsCompleted.ShouldBeFalse();

        _store.IsAway = false;
        await Eventually.TrueAsync("the producer ends", () =>
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            return Task.FromResult(producer.IsCompleted);
        });
        await producer;
        await writer.FlushAsync(Ct);
        _store.Messages.ShouldBe(Enumerable.Range(0, 20_000).Select(i => $"{i}"));
        writer.Dropped.ShouldBe(0);
    }

    [Fact]
    public async Task Write_LineThatTheDatabaseRefuses_IsLostAloneAndReported()
    {
        await using var writer = await StartAsync();
        foreach (var message in new[] { "a", "poison", "b" })
        {
            await writer.WriteAsync(Line(message), Ct);
        }

        await writer.FlushAsync(Ct);
        _store.Messages.ShouldBe(["a", "b", "1 log lines could not be stored and are lost"]);
        writer.Dropped.ShouldBe(1);
    }

    [Fact]
    public async Task Stop_DatabaseAway_GivesUpAndCounts()
    {
        _store.IsAway = true;
        var writer = await StartAsync();
        await writer.WriteAsync(Line("a"), Ct);
        var stopping = writer.StopAsync(Ct);
        await Eventually.TrueAsync("the writer stops", () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(stopping.IsCompleted);
        });
        await stopping;
        writer.Dropped.ShouldBe(1);
    }

    private async Task<LogWriter> StartAsync()
    {
        var writer = new LogWriter(_store, _time, NullLogger<LogWriter>.Instance);
        await writer.StartAsync(Ct);
        return writer;
    }

    private static LogEntry Line(string message) => new()
    {
        ExecutionId = Guid.Empty, At = default, Level = "info", Stream = "stdout", Message = message,
    };

    private sealed class MemoryStore : ILogStore
    {
        private readonly List<string> _messages = [];

        public volatile bool IsAway;

        public List<string> Messages
        {
            get
            {
                lock (_messages)
                {
                    return [.. _messages];
                }
            }
        }

        public Task AppendAsync(IReadOnlyList<LogEntry> entries, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (IsAway)
            {
                return Task.FromException(new IOException("away"));
            }

            if (entries.Any(entry => entry.Message == "poison"))
            {
                return Task.FromException(new InvalidOperationException("refused"));
            }

            lock (_messages)
            {
                _messages.AddRange(entries.Select(entry => entry.Message));
            }

            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<LogEntry>> ReadAsync(
            Guid executionId, long afterId, int limit, string? level, string? task, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
