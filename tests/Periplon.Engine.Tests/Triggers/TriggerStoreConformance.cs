using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;
using Periplon.Engine.Triggers;

namespace Periplon.Engine.Tests.Triggers;

public abstract class TriggerStoreConformance(DatabaseFixture fixture)
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly string _organization = $"org-{Guid.NewGuid():N}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private TriggerStore Store => new(fixture.Test.Database);

    private TriggerRunStore Runs => new(fixture.Test.Database);

    [Fact]
    public async Task Add_ThenFind_GivesItBackWithoutItsSecret()
    {
        var row = Webhook("push") with
        {
            Definition = new TriggerDefinition
            {
                Description = "On each push", Priority = 3, WorkflowId = Guid.NewGuid(),
                Inputs = new Dictionary<string, InputSource> { ["ref"] = new() { Path = "body.ref" } },
                Labels = new Dictionary<string, string> { ["from"] = "github" },
                Signature = new SignatureRule { Scheme = SignatureScheme.GitHub, ToleranceSecs = 60 },
            },
        };
        (await Store.AddAsync(row, "a secret of its own", Ct)).ShouldBe(TriggerSaveStatus.Saved);
        var found = (await Store.FindAsync(_organization, row.Id, Ct)).ShouldNotBeNull();
        (found with { Definition = row.Definition }).ShouldBe(row);
        found.Definition.Inputs!["ref"].Path.ShouldBe("body.ref");
        found.Definition.Signature.ShouldBe(row.Definition.Signature);
        (found.Definition.Labels!["from"], found.Definition.Priority, found.Definition.Description).ShouldBe(("github", 3, "On each push"));
        (await Store.FindAsync("another", row.Id, Ct)).ShouldBeNull();
        (await Store.FindWebhookAsync(row.Id, Ct)).ShouldNotBeNull().Secrets.ValidAt(T0).ShouldBe(["a secret of its own"]);
    }

    [Fact]
    public async Task Add_SameNameOrId_SaysWhich()
    {
        var row = Webhook("push");
        await Store.AddAsync(row, "s", Ct);
        (await Store.AddAsync(row, "s", Ct)).ShouldBe(TriggerSaveStatus.Conflict);
        (await Store.AddAsync(Webhook("push"), "s", Ct)).ShouldBe(TriggerSaveStatus.NameTaken);
        (await Store.AddAsync(Webhook("push") with { Organization = _organization + "2" }, "s", Ct)).ShouldBe(TriggerSaveStatus.Saved);
    }

    [Fact]
    public async Task Update_OfAnOldRevision_ChangesNothing()
    {
        var row = Webhook("push");
        await Store.AddAsync(row, "s", Ct);
        await Store.AddAsync(Webhook("taken"), "s", Ct);
        (await Store.UpdateAsync(row with { Name = "pull", IsPaused = true }, Ct)).ShouldBe(TriggerSaveStatus.Saved);
        (await Store.UpdateAsync(row with { Name = "late" }, Ct)).ShouldBe(TriggerSaveStatus.Conflict);
        (await Store.UpdateAsync(row with { Name = "taken", Revision = 2 }, Ct)).ShouldBe(TriggerSaveStatus.NameTaken);
        (await Store.UpdateAsync(row with { Organization = "another", Revision = 2 }, Ct)).ShouldBe(TriggerSaveStatus.Conflict);
        var found = (await Store.FindAsync(_organization, row.Id, Ct)).ShouldNotBeNull();
        (found.Name, found.IsPaused, found.Revision).ShouldBe(("pull", true, 2));
    }

    [Fact]
    public async Task Rotate_KeepsTheSecretBeforeUntilItsTime()
    {
        var row = Webhook("push");
        await Store.AddAsync(row, "first", Ct);
        (await Store.RotateAsync("another", row.Id, "stolen", null, T0, Ct)).ShouldBeFalse();
        (await Store.RotateAsync(_organization, row.Id, "second", T0.AddHours(1), T0, Ct)).ShouldBeTrue();
        var secrets = (await Store.FindWebhookAsync(row.Id, Ct)).ShouldNotBeNull().Secrets;
        secrets.ValidAt(T0.AddMinutes(59)).ShouldBe(["second", "first"]);
        secrets.ValidAt(T0.AddHours(1)).ShouldBe(["second"]);

        await Store.RotateAsync(_organization, row.Id, "third", null, T0, Ct);
        (await Store.FindWebhookAsync(row.Id, Ct)).ShouldNotBeNull().Secrets.ValidAt(T0).ShouldBe(["third"]);
    }

    [Fact]
    public async Task List_PagesByName_AndFilters()
    {
        var workflow = Guid.NewGuid();
        foreach (var name in new[] { "c", "a", "b" })
        {
            await Store.AddAsync(Webhook(name), "s", Ct);
        }

        await Store.AddAsync(Completion("d", workflow), null, Ct);
        (await Store.ListAsync(_organization, null, null, null, 10, Ct)).Select(row => row.Name).ShouldBe(["a", "b", "c", "d"]);
        (await Store.ListAsync(_organization, null, null, "b", 1, Ct)).Select(row => row.Name).ShouldBe(["c"]);
        (await Store.ListAsync(_organization, TriggerKind.Completion, null, null, 10, Ct)).Select(row => row.Name).ShouldBe(["d"]);
        (await Store.ListAsync(_organization, null, workflow, null, 10, Ct)).Select(row => row.Name).ShouldBe(["d"]);
        (await Store.ListAsync("another", null, null, null, 10, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task ListWatching_LeavesOutPausedAndDeleted_AndAdvanceNeverGoesBack()
    {
        var (live, paused, deleted) = (Completion("live"), Completion("paused") with { IsPaused = true }, Completion("deleted"));
        foreach (var row in new[] { live, paused, deleted })
        {
            await Store.AddAsync(row, null, Ct);
        }

        (await Store.DeleteAsync("another", deleted.Id, Ct)).ShouldBeFalse();
        (await Store.DeleteAsync(_organization, deleted.Id, Ct)).ShouldBeTrue();
        await Store.AdvanceAsync([(live.Id, T0.AddMinutes(5))], Ct);
        await Store.AdvanceAsync([(live.Id, T0)], Ct);
        var watching = (await Store.ListWatchingAsync(Ct)).Where(row => row.Organization == _organization).ShouldHaveSingleItem();
        (watching.Id, watching.ScannedTo).ShouldBe((live.Id, T0.AddMinutes(5)));
        watching.Definition.After!.Statuses.ShouldBe([ExecutionStatus.Completed]);
    }

    [Fact]
    public async Task Claim_ManyAtOnce_OneWinsAndAllGetItsExecution()
    {
        var run = Run("delivery:1");
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Runs.ClaimAsync(run with { ExecutionId = Guid.NewGuid() }, Ct)));
        answers.Count(answer => answer.IsNew).ShouldBe(1);
        answers.Select(answer => answer.Run.ExecutionId).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Claim_SameMessageUnderAnotherId_IsTheFirst()
    {
        var run = Run("delivery:1") with { Fingerprint = "f" };
        await Runs.ClaimAsync(run, Ct);
        var (replayed, isNew) = await Runs.ClaimAsync(run with { Source = "delivery:2", ExecutionId = Guid.NewGuid() }, Ct);
        (isNew, replayed.Source, replayed.ExecutionId).ShouldBe((false, "delivery:1", run.ExecutionId));
        var other = run with { TriggerId = Guid.NewGuid(), ExecutionId = Guid.NewGuid() };
        (await Runs.ClaimAsync(other, Ct)).IsNew.ShouldBeTrue();
    }

    [Fact]
    public async Task Settle_WhatWasDone_StaysAsItIs_AndRefusedMayBeTriedAgain()
    {
        var run = Run("delivery:1");
        await Runs.ClaimAsync(run, Ct);
        await Runs.SettleAsync(run, TriggerRunStatus.Refused, "not active", T0, Ct);
        await Runs.SettleAsync(run, TriggerRunStatus.Started, null, T0, Ct);
        await Runs.SettleAsync(run, TriggerRunStatus.Refused, "late", T0, Ct);
        var stored = (await Runs.ListAsync(_organization, run.TriggerId, null, 10, Ct)).ShouldHaveSingleItem();
        (stored.Status, stored.Detail).ShouldBe((TriggerRunStatus.Started, null));
        (await Runs.FindDepthAsync(run.ExecutionId!.Value, Ct)).ShouldBe(3);
        (await Runs.FindDepthAsync(Guid.NewGuid(), Ct)).ShouldBe(0);
        (await Runs.ListAsync("another", run.TriggerId, null, 10, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Runs_PageNewestFirst_AndPurgeLeavesWhatIsPending()
    {
        var trigger = Guid.NewGuid();
        var longAgo = T0.AddYears(-10);
        for (var i = 0; i < 6; i++)
        {
            var run = Run($"s{i}") with { TriggerId = trigger, CreatedAt = longAgo.AddSeconds(i / 2), UpdatedAt = longAgo };
            await Runs.ClaimAsync(run, Ct);
            if (i > 0)
            {
                await Runs.SettleAsync(run, TriggerRunStatus.Started, null, longAgo, Ct);
            }
        }

        var first = await Runs.ListAsync(_organization, trigger, null, 4, Ct);
        first.Select(run => run.Source).ShouldBe(["s5", "s4", "s3", "s2"]);
        var rest = await Runs.ListAsync(_organization, trigger, new(first[^1].CreatedAt, first[^1].Source), 4, Ct);
        rest.Select(run => run.Source).ShouldBe(["s1", "s0"]);
        var patience = new PendingPatience(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10));
        (await Runs.ListPendingAsync(trigger, patience, T0, 100, Ct)).ShouldHaveSingleItem().Source.ShouldBe("s0");

        while (await Runs.PurgeAsync(T0.AddYears(-9), 2, Ct) > 0)
        {
        }

        (await Runs.ListAsync(_organization, trigger, null, 10, Ct)).Select(run => run.Source).ShouldBe(["s0"]);
    }

    private TriggerRow Webhook(string name) => new()
    {
        Id = Guid.CreateVersion7(), Organization = _organization, Name = name, Kind = TriggerKind.Webhook,
        Definition = new TriggerDefinition { WorkflowId = Guid.NewGuid(), Signature = new SignatureRule() }, SecretSetAt = T0,
        ActiveSince = T0, ScannedTo = T0, CreatedAt = T0, UpdatedAt = T0, CreatedBy = "ann",
    };

    private TriggerRow Completion(string name, Guid? watched = null) => Webhook(name) with
    {
        Kind = TriggerKind.Completion, SecretSetAt = null,
        Definition = new TriggerDefinition
        {
            WorkflowId = Guid.NewGuid(),
            After = new CompletionRule { WorkflowId = watched ?? Guid.NewGuid(), Statuses = [ExecutionStatus.Completed] },
        },
    };

    private TriggerRun Run(string source) => new()
    {
        TriggerId = Guid.NewGuid(), Source = source, Organization = _organization, ExecutionId = Guid.NewGuid(), Depth = 3, CreatedAt = T0,
        UpdatedAt = T0,
    };
}

public sealed class SqliteTriggerStoreTests(SqliteFixture fixture) : TriggerStoreConformance(fixture), IClassFixture<SqliteFixture>;

public sealed class PostgresTriggerStoreTests(PostgresFixture fixture)
    : TriggerStoreConformance(fixture), IClassFixture<PostgresFixture>;
