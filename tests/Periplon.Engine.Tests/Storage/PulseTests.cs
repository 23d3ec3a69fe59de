using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Periplon.Engine.Bulk;
using Periplon.Engine.Schedules;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Schedules;

namespace Periplon.Engine.Tests.Storage;

/// <summary>What the one question finds, on both databases; whole engines with it are in the tests of the cluster.</summary>
public sealed class PulseTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(nameof(DatabaseKind.Sqlite))]
    [InlineData(nameof(DatabaseKind.Postgres))]
    public async Task Read_EmptyDatabase_FindsNothing(string kind)
    {
        await using var test = await TestDatabase.CreateAsync(Enum.Parse<DatabaseKind>(kind));
        var reading = await Of(test).ReadAsync(Ct);
        reading.WakeAt.ShouldBe(new DateTimeOffset?[3]);
        reading.StartAt.ShouldBe(new DateTimeOffset?[3]);
        reading.FireAt.ShouldBe(new DateTimeOffset?[2]);
        reading.IsBusy.ShouldBe([false, false]);
        (reading.HasBulk, reading.HasTriggerRuns, reading.HasTriggers).ShouldBe((false, false, false));
    }

    [Theory]
    [InlineData(nameof(DatabaseKind.Sqlite))]
    [InlineData(nameof(DatabaseKind.Postgres))]
    public async Task Read_WhatWaits_IsToldToWhoLooksForIt(string kind)
    {
        await using var test = await TestDatabase.CreateAsync(Enum.Parse<DatabaseKind>(kind));
        var at = _time.GetUtcNow();
        await test.AddExecutionAsync(Guid.CreateVersion7(), "running", at);
        await test.AddExecutionAsync(Guid.CreateVersion7(), "running", at.AddMinutes(-1));
        await test.AddExecutionAsync(Guid.CreateVersion7(), "queued", at);
        await test.ScalarAsync("update executions set partition = 2, queue_lane = 'l' where status = 'queued'");
        using var schedules = new ScheduleStore(test.Database);
        var schedule = ScheduleSamples.Minutely(shard: 1);
        await schedules.InsertAsync(schedule, Ct);
        await new BulkStore(test.Database).AddAsync(
            new BulkOperation
            {
                Id = Guid.CreateVersion7(), Organization = "default", Action = "cancel", Request = new BulkRequest(), CreatedAt = at, UpdatedAt = at,
            },
            Ct);

        var reading = await Of(test).ReadAsync(Ct);
        reading.WakeAt.ShouldBe([at.AddMinutes(59), null, null]);
        reading.StartAt.ShouldBe([null, null, at.AddHours(1)]);
        reading.HasQueued.ShouldBe([false, false, true]);
        reading.FireAt.ShouldBe([null, schedule.NextFireAt]);
        reading.HasBulk.ShouldBeTrue();
    }

    [Fact]
    public async Task Read_AgainWithinTheInterval_AsksOnceUntilItIsForgotten()
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var pulse = Of(test);
        var first = await pulse.ReadAsync(Ct);
        _time.Advance(TimeSpan.FromSeconds(5.9));
        (await pulse.ReadAsync(Ct)).ShouldBeSameAs(first, "nothing waits, and so it serves twice as long");
        pulse.Forget();
        var second = await pulse.ReadAsync(Ct);
        second.ShouldNotBeSameAs(first);
        await test.ScalarAsync("""
            insert into triggers (id, organization, name, kind, is_paused, revision, workflow_id, watched_workflow_id, definition, active_since,
                                  scanned_to, created_at, updated_at)
            values ('t', 'default', 't', 'completion', 0, 1, 'w', 'x', '{}', 0, 0, 0, 0)
            """);
        _time.Advance(TimeSpan.FromSeconds(6));
        second = await pulse.ReadAsync(Ct);
        second.HasTriggers.ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(3));
        (await pulse.ReadAsync(Ct)).ShouldNotBeSameAs(second);
    }

    [Fact]
    public async Task Read_DatabaseThatFails_AsksAnewNextTime()
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var pulse = Of(test);
        await test.ScalarAsync("alter table bulk_operations rename to away");
        await Should.ThrowAsync<System.Data.Common.DbException>(() => pulse.ReadAsync(Ct));
        await test.ScalarAsync("alter table away rename to bulk_operations");
        (await pulse.ReadAsync(Ct)).HasBulk.ShouldBeFalse();
    }

    private Pulse Of(TestDatabase test) => new(
        test.Database, Options.Create(new EngineOptions { Partitions = 3 }), Options.Create(new ScheduleOptions { Shards = 2 }), _time);
}
