using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

public abstract class WorkflowStoreConformance(DatabaseFixture fixture)
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private readonly string _organization = $"org-{Guid.NewGuid():N}";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private WorkflowStore Store => new(fixture.Test.Database);

    [Fact]
    public async Task Save_NewAndNextRevision_AreRead()
    {
        var first = Row("nightly");
        await Store.SaveAsync(first, Version(first, "a: 1\r\n"), 0, Ct);
        var second = first with
        {
            Revision = 2, Version = "1.1", Tags = ["x", "ü"], Description = "it's", UpdatedAt = T0.AddHours(1), IsActive = false,
        };
        await Store.SaveAsync(second, Version(second, "a: 2"), 1, Ct);

        Same((await Store.FindAsync(first.Id, Ct)).ShouldNotBeNull(), second);
        Same((await Store.FindByNameAsync(_organization, "nightly", Ct)).ShouldNotBeNull(), second);
        (await Store.FindVersionAsync(first.Id, 1, Ct)).ShouldBe(Version(first, "a: 1\r\n"));
        (await Store.FindVersionAsync(first.Id, 3, Ct)).ShouldBeNull();
        var versions = await Store.ListVersionsAsync(first.Id, Ct);
        versions.Select(version => version.Revision).ShouldBe([2, 1]);
        versions.ShouldAllBe(version => version.Definition == "");
    }

    [Fact]
    public async Task Save_Resources_AreReadAsTheyWereWrittenButNotListed()
    {
        const string Resources = """{"file:b":{"text":"x: \u00e9\n","sha256":"0"},  "file:a":{}}""";
        var row = Row("with-resources");
        await Store.SaveAsync(row, Version(row, "1") with { Resources = Resources }, 0, Ct);

        (await Store.FindVersionAsync(row.Id, 1, Ct))!.Resources.ShouldBe(Resources);
        (await Store.ListVersionsAsync(row.Id, Ct)).ShouldHaveSingleItem().Resources.ShouldBeNull();
    }

    [Fact]
    public async Task Save_StaleRevision_IsAConflictAndStoresNothing()
    {
        var row = Row("contended");
        await Store.SaveAsync(row, Version(row, "1"), 0, Ct);
        var next = row with { Revision = 2 };
        await Store.SaveAsync(next, Version(next, "2"), 1, Ct);
        var conflict = await Should.ThrowAsync<WorkflowConflictException>(Store.SaveAsync(next, Version(next, "other"), 1, Ct));
        conflict.Expected.ShouldBe(1);
        (await Store.FindVersionAsync(row.Id, 2, Ct))!.Definition.ShouldBe("2");
        await Should.ThrowAsync<WorkflowConflictException>(Store.SaveAsync(row, null, 0, Ct));
    }

    [Fact]
    public async Task Save_NameInUse_NamesItsHolder_UntilItIsDeleted()
    {
        var holder = Row("taken");
        await Store.SaveAsync(holder, Version(holder, "1"), 0, Ct);
        var late = Row("taken");
        var taken = await Should.ThrowAsync<WorkflowNameTakenException>(Store.SaveAsync(late, Version(late, "1"), 0, Ct));
        taken.TakenBy.ShouldBe(holder.Id);

        await Store.SaveAsync(Row("taken") with { Organization = "elsewhere-" + _organization }, null, 0, Ct);
        await Store.SaveAsync(holder with { IsDeleted = true }, null, 1, Ct);
        await Store.SaveAsync(late, Version(late, "1"), 0, Ct);
        (await Store.FindByNameAsync(_organization, "taken", Ct))!.Id.ShouldBe(late.Id);
        (await Store.FindAsync(holder.Id, Ct))!.IsDeleted.ShouldBeTrue();
    }

    [Fact]
    public async Task List_FiltersAndPagesByName()
    {
        foreach (var row in new[]
        {
            Row("alpha_one") with { Tags = ["etl", "prod"], CreatedBy = "ann" }, Row("Alpha%Two") with { Tags = ["prod"] },
            Row("beta") with { IsActive = false }, Row("gone") with { IsDeleted = true },
        })
        {
            await Store.SaveAsync(row, null, 0, Ct);
        }

        await ListsAsync(new() { Organization = _organization }, "Alpha%Two", "alpha_one", "beta");
        await ListsAsync(new() { Organization = _organization, Name = "ALPHA" }, "Alpha%Two", "alpha_one");
        await ListsAsync(new() { Organization = _organization, Name = "a%t" }, "Alpha%Two");
        await ListsAsync(new() { Organization = _organization, Name = "a_o" }, "alpha_one");
        await ListsAsync(new() { Organization = _organization, Tags = ["etl", "none"] }, "alpha_one");
        await ListsAsync(new() { Organization = _organization, CreatedBy = "ann" }, "alpha_one");
        await ListsAsync(new() { Organization = _organization, IsActive = false }, "beta");
        var (page, total) = await Store.ListAsync(new() { Organization = _organization }, 1, 1, Ct);
        page.Count.ShouldBe(1);
        total.ShouldBe(3);
    }

    private async Task ListsAsync(WorkflowFilter filter, params string[] names)
    {
        var (rows, total) = await Store.ListAsync(filter, 0, 50, Ct);
        rows.Select(row => row.Name).ShouldBe(names, ignoreOrder: true);
        total.ShouldBe(names.Length);
    }

    private static void Same(WorkflowRow actual, WorkflowRow expected)
    {
        actual.Tags.ShouldBe(expected.Tags);
        (actual with { Tags = expected.Tags }).ShouldBe(expected);
    }

    private WorkflowRow Row(string name) => new()
    {
        Id = Guid.CreateVersion7(), Organization = _organization, Name = name, Version = "1.0", Revision = 1, CreatedAt = T0, UpdatedAt = T0,
    };

    private static WorkflowVersionRow Version(WorkflowRow row, string definition) => new()
    {
        WorkflowId = row.Id, Revision = row.Revision, Version = row.Version, Definition = definition, Sha256 = new('a', 64), CreatedAt = T0,
    };
}

public sealed class SqliteWorkflowStoreTests(SqliteFixture fixture) : WorkflowStoreConformance(fixture), IClassFixture<SqliteFixture>;

public sealed class PostgresWorkflowStoreTests(PostgresFixture fixture) : WorkflowStoreConformance(fixture), IClassFixture<PostgresFixture>;
