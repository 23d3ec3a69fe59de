using Periplon.Engine.Logs;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Logs;

public abstract class LogStoreConformance(DatabaseFixture fixture)
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private LogStore Store => new(fixture.Test.Database);

    [Fact]
    public async Task Read_FollowsInOrder_AndFilters()
    {
        var id = Guid.CreateVersion7();
        await Store.AppendAsync([.. Enumerable.Range(0, 300).Select(i => Line(id, $"line {i}", task: i % 2 == 0 ? "a" : "b/c"))], Ct);
        await Store.AppendAsync([Line(id, "bad \0 \ud800 end") with { Level = "error", Stream = "engine", Task = null, Attempt = 3 }], Ct);
        await Store.AppendAsync([], Ct);

        var first = await Store.ReadAsync(id, 0, 200, null, null, Ct);
        var rest = await Store.ReadAsync(id, first[^1].Id, 200, null, null, Ct);
        first.Concat(rest).Select(line => line.Message).Take(300).ShouldBe(Enumerable.Range(0, 300).Select(i => $"line {i}"));
        rest[^1].ShouldBe(new()
        {
            Id = rest[^1].Id, ExecutionId = id, At = T0, Level = "error", Stream = "engine", Attempt = 3, Message = "bad \uFFFD \uFFFD end",
        });
        (await Store.ReadAsync(id, 0, 500, null, "b/c", Ct)).Count.ShouldBe(150);
        (await Store.ReadAsync(id, 0, 500, "error", null, Ct)).Count.ShouldBe(1);
        (await Store.ReadAsync(Guid.CreateVersion7(), 0, 500, null, null, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_WhileSeveralWritersWrite_NeverMissesALine()
    {
        const int Writers = 6;
        const int Batches = 30;
        const int Lines = 5;
        var id = Guid.CreateVersion7();
        var writers = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var batch = 0; batch < Batches; batch++)
            {
                await Store.AppendAsync([.. Enumerable.Range(0, Lines).Select(i => Line(id, $"{writer}:{(batch * Lines) + i}"))], Ct);
            }
        }, Ct)));

        var seen = new List<string>();
        var last = 0L;
        while (seen.Count < Writers * Batches * Lines)
        {
            var isEnd = writers.IsCompleted;
            var lines = await Store.ReadAsync(id, last, 50, null, null, Ct);
            seen.AddRange(lines.Select(line => line.Message));
            last = lines.Count > 0 ? lines[^1].Id : last;
            if (isEnd && lines.Count == 0)
            {
                break;
            }
        }

        await writers;
        seen.Count.ShouldBe(Writers * Batches * Lines);
        foreach (var group in seen.GroupBy(line => line[0]))
        {
            group.Select(line => int.Parse(line.AsSpan(2))).ShouldBe(Enumerable.Range(0, Batches * Lines), $"writer {group.Key}");
        }
    }

    private static LogEntry Line(Guid id, string message, string? task = "t") => new()
    {
        ExecutionId = id, Task = task, Attempt = 1, At = T0, Level = "info", Stream = "stdout", Message = message,
    };
}

public sealed class SqliteLogStoreTests(SqliteFixture fixture) : LogStoreConformance(fixture), IClassFixture<SqliteFixture>;

public sealed class PostgresLogStoreTests(PostgresFixture fixture) : LogStoreConformance(fixture), IClassFixture<PostgresFixture>;
