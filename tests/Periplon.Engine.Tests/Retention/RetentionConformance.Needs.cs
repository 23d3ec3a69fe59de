using Periplon.Engine.Retention;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Retention;

// What is kept because others need it, and what one failure must not stop.
public abstract partial class RetentionConformance
{
    [Fact]
    public async Task Round_ByAge_WhatRetriesAreMadeFrom_IsKeptAsLongAsTheyAre()
    {
        var (now, old) = (RetentionWorld.Now, RetentionWorld.Old);
        var first = await World.AddAsync(old, old);
        var childOfFirst = await World.AddAsync(old, old, first);
        var second = await World.AddAsync(old, old.AddHours(1), retryOf: first);
        var third = await World.AddAsync(now, endedAt: null, retryOf: second);
        var retried = await World.AddAsync(old, old);
        var finishedRetry = await World.AddAsync(now.AddDays(-1), now.AddDays(-1), retryOf: retried);

        (await World.RunAsync()).IsEmpty.ShouldBeTrue();
        (await World.Purge.DeleteTreeAsync(first, Ct)).ShouldBe(new(0, false), "its retry exists");
        (await World.LeftAsync(first, childOfFirst, second, third, retried, finishedRetry))
            .ShouldBe([first, childOfFirst, second, third, retried, finishedRetry]);

        (await World.Purge.DeleteTreeAsync(finishedRetry, Ct)).ShouldBe(new(1, true));
        (await World.RunAsync()).Executions.ShouldBe(1, "nothing needs it any more");
        (await World.LeftAsync(retried)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Round_ByAge_RetriesThatAreOldThemselves_AllGoInTime()
    {
        var old = RetentionWorld.Old;
        var ids = new List<Guid>();
        for (var i = 0; i < 4; i++)
        {
            ids.Add(await World.AddAsync(old.AddHours(i), old.AddHours(i), retryOf: i == 0 ? null : ids[^1]));
        }

        var deleted = 0;
        for (var round = 0; round < 4; round++)
        {
            deleted += (await World.RunAsync()).Executions;
        }

        deleted.ShouldBe(4);
        (await World.LeftAsync([.. ids])).ShouldBeEmpty();
    }

    [Fact]
    public async Task Round_ByAge_GrandchildOfALiveExecution_Stays()
    {
        var old = RetentionWorld.Old;
        var live = await World.AddAsync(old, endedAt: null);
        var child = await World.AddAsync(old, old, live);
        var grandchild = await World.AddAsync(old, old, child);
        (await World.RunAsync()).IsEmpty.ShouldBeTrue();
        (await World.LeftAsync(live, child, grandchild)).ShouldBe([live, child, grandchild]);
    }

    [Fact]
    public async Task Round_FamilyOfWhichAChildWasRetried_KeepsTheChildAndWhatIsBelow()
    {
        var (now, old) = (RetentionWorld.Now, RetentionWorld.Old);
        var root = await World.AddAsync(old, old);
        var child = await World.AddAsync(old, old, root);
        var grandchild = await World.AddAsync(old, old, child);
        var retry = await World.AddAsync(now, now, retryOf: child);

        (await World.RunAsync()).Executions.ShouldBe(1);
        (await World.RunAsync()).IsEmpty.ShouldBeTrue();
        (await World.LeftAsync(root, child, grandchild, retry)).ShouldBe([child, grandchild, retry]);
    }

    [Fact]
    public async Task Round_MonthWithWhatALaterRetryNeeds_KeepsIt()
    {
        var old = RetentionWorld.Old.AddMonths(-2);
        await World.CreateMonthAsync(old);
        var source = await World.AddAsync(old, old);
        var child = await World.AddAsync(old, old, source);
        var retry = await World.AddAsync(RetentionWorld.Now, RetentionWorld.Now, retryOf: source);
        (await World.RunAsync()).IsEmpty.ShouldBeTrue();
        (await World.LeftAsync(source, child, retry)).ShouldBe([source, child, retry]);
    }

    [Fact]
    public async Task Round_ByCount_LeavesWhatEndedWithinTheHour_AndWhatRetriesNeed()
    {
        await AddWorkflowAsync(World.Workflow);
        var now = RetentionWorld.Now;
        var retried = await World.AddAsync(now.AddHours(-9), now.AddHours(-9));
        var childOfRetried = await World.AddAsync(now.AddHours(-9), now.AddHours(-9), retried);
        var surplus = await World.AddAsync(now.AddHours(-8), now.AddHours(-8));
        var longRun = await World.AddAsync(now.AddHours(-7), now.AddMinutes(-59));
        var justEnded = await World.AddAsync(now.AddMinutes(-2), now.AddSeconds(-1));
        var newest = await World.AddAsync(now.AddMinutes(-1), now.AddSeconds(-1), retryOf: retried);

        (await World.RunAsync(new RetentionOptions { MaxPerWorkflow = 1 })).Executions.ShouldBe(1);
        (await World.LeftAsync(retried, childOfRetried, surplus, longRun, justEnded, newest))
            .ShouldBe([retried, childOfRetried, longRun, justEnded, newest]);
    }

    [Fact]
    public async Task Round_OneThatCannotBeDeleted_KeepsNoneOfTheOthers()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 9; i++)
        {
            ids.Add(await World.AddAsync(RetentionWorld.Old.AddHours(i), RetentionWorld.Old.AddHours(i)));
        }

        await ForbidDeletionAsync(ids[2]);
        (await World.RunAsync()).Executions.ShouldBe(8);
        (await World.LeftRowsAsync()).ShouldBe([ids[2]]);
    }

    [Fact]
    public async Task Round_JournalLongerThanAStatementMayDelete_GoesInPieces()
    {
        var id = await World.AddAsync(RetentionWorld.Old, RetentionWorld.Old);
        await World.LengthenJournalAsync(id, ExecutionPurge.MaxRows * 2);
        (await World.RunAsync()).Executions.ShouldBe(1);
        (await World.LeftAsync(id)).ShouldBeEmpty();
    }

    private async Task ForbidDeletionAsync(Guid id)
    {
        if (Kind is DatabaseKind.Sqlite)
        {
            await World.Test.ScalarAsync(
                $"create trigger keep before delete on executions when old.id = '{id:D}' begin select raise(abort, 'kept'); end");
            return;
        }

        await World.Test.ScalarAsync(
            "create function keep() returns trigger language plpgsql as $$ begin raise exception 'kept'; end $$");
        await World.Test.ScalarAsync(
            $"create trigger keep before delete on executions for each row when (old.id = '{id:D}') execute function keep()");
    }
}
