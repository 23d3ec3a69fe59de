using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Periplon.Engine.Tasks.Caching;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Tasks.Caching;

public abstract class TaskCacheStoreConformance(DatabaseFixture fixture)
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly TaskCacheKey _key = new("acme", Guid.CreateVersion7(), "build/all", new string('a', 64));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private TaskCacheStore Store => new(fixture.Test.Database);

    [Fact]
    public async Task Find_WhatWasSavedLast_UntilItExpires()
    {
        (await Store.FindAsync(_key, T0, Ct)).ShouldBeNull();
        await Store.SaveAsync(_key, new("{\"text\":\"old\"}", T0.AddHours(-1)), null, Ct);
        await Store.SaveAsync(_key, new("{\"text\":\"n\\u0000ew\"}", T0), T0.AddSeconds(60), Ct);

        (await Store.FindAsync(_key, T0.AddSeconds(59), Ct)).ShouldBe(new TaskCacheEntry("{\"text\":\"n\\u0000ew\"}", T0));
        (await Store.FindAsync(_key, T0.AddSeconds(60), Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task Find_AnotherOrganizationWorkflowTaskOrKey_FindsNothing()
    {
        await Store.SaveAsync(_key, new("{}", T0), null, Ct);

        (await Store.FindAsync(_key with { Organization = "other" }, T0, Ct)).ShouldBeNull();
        (await Store.FindAsync(_key with { WorkflowId = Guid.CreateVersion7() }, T0, Ct)).ShouldBeNull();
        (await Store.FindAsync(_key with { Task = "build" }, T0, Ct)).ShouldBeNull();
        (await Store.FindAsync(_key with { KeyHash = new string('b', 64) }, T0, Ct)).ShouldBeNull();
        (await Store.FindAsync(_key, T0, Ct)).ShouldNotBeNull();
    }

    [Fact]
    public async Task RunOnce_DeletesWhatIsDueInBatches_AndNothingElse()
    {
        // What other tests have left in the table they share.
        await CleanerAt(new FakeTimeProvider(T0.AddYears(1))).RunOnceAsync(Ct);
        var time = new FakeTimeProvider(T0);
        var cleaner = CleanerAt(time);
        var expired = TaskCacheCleaner.BatchSize + 3;
        for (var number = 0; number < expired; number++)
        {
            await Store.SaveAsync(_key with { Task = $"expired-{number}" }, new("{}", T0), T0, Ct);
        }

        await Store.SaveAsync(_key with { Task = "fresh" }, new("{}", T0), T0.AddDays(60), Ct);
        await Store.SaveAsync(_key with { Task = "for ever" }, new("{}", T0), null, Ct);

        (await cleaner.RunOnceAsync(Ct)).ShouldBe(expired);
        (await cleaner.RunOnceAsync(Ct)).ShouldBe(0);
        (await Store.FindAsync(_key with { Task = "for ever" }, T0, Ct)).ShouldNotBeNull();
        time.Advance(TimeSpan.FromDays(31));
        (await cleaner.RunOnceAsync(Ct)).ShouldBe(1);
        (await Store.FindAsync(_key with { Task = "fresh" }, time.GetUtcNow(), Ct)).ShouldNotBeNull();
    }

    private TaskCacheCleaner CleanerAt(TimeProvider time) => new(Store, time, NullLogger<TaskCacheCleaner>.Instance);
}

public sealed class SqliteTaskCacheStoreTests(SqliteFixture fixture) : TaskCacheStoreConformance(fixture), IClassFixture<SqliteFixture>;

public sealed class PostgresTaskCacheStoreTests(PostgresFixture fixture)
    : TaskCacheStoreConformance(fixture), IClassFixture<PostgresFixture>;
