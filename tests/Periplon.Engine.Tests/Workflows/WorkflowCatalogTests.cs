using System.Collections.Concurrent;
using Periplon.Core.Models;
using Periplon.Engine.Storage;
using Periplon.Engine.Tasks;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Tests.Workflows;

public sealed class WorkflowCatalogTests
{
    private static readonly Guid Id = Guid.NewGuid();

    private readonly VersionStore _store = new();
    private readonly WorkflowCatalog _catalog;

    public WorkflowCatalogTests() => _catalog = new WorkflowCatalog(_store);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Find_ManyTimes_ReadsAndParsesOnce()
    {
        Store(1);
        var found = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => _catalog.FindAsync(Id, 1, Ct), Ct)));
        found.Distinct().ShouldHaveSingleItem().ShouldNotBeNull().Plan.Tasks.Length.ShouldBe(1);
        _store.ReadsOf(Id, 1).ShouldBe(1);
    }

    [Fact]
    public async Task Find_RevisionThatIsStoredLater_IsFoundThen()
    {
        (await _catalog.FindAsync(Id, 1, Ct)).ShouldBeNull();
        Store(1);
        (await _catalog.FindAsync(Id, 1, Ct)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Find_AfterAFailure_TriesAgain()
    {
        _store.Failure = new IOException("away");
        await Should.ThrowAsync<IOException>(_catalog.FindAsync(Id, 1, Ct));
        _store.Failure = null;
        Store(1);
        (await _catalog.FindAsync(Id, 1, Ct)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Find_MissingRevisions_DoNotPushKnownOnesOut()
    {
        Store(1);
        await _catalog.FindAsync(Id, 1, Ct);
        for (var i = 0; i < 1_500; i++)
        {
            (await _catalog.FindAsync(Guid.NewGuid(), 1, Ct)).ShouldBeNull();
        }

        await _catalog.FindAsync(Id, 1, Ct);
        _store.ReadsOf(Id, 1).ShouldBe(1);
    }

    [Fact]
    public async Task Find_MoreThanItKeeps_DropsTheOldestAndReadsItAgain()
    {
        Store(1);
        await _catalog.FindAsync(Id, 1, Ct);
        for (var revision = 2; revision < 1_100; revision++)
        {
            Store(revision);
            await _catalog.FindAsync(Id, revision, Ct);
        }

        await _catalog.FindAsync(Id, 1, Ct);
        _store.ReadsOf(Id, 1).ShouldBe(2);
    }

    [Fact]
    public async Task Find_TextThatNoLongerParses_SaysWhichAndWhy()
    {
        Store(1, "tasks: [");
        var thrown = await Should.ThrowAsync<InvalidOperationException>(_catalog.FindAsync(Id, 1, Ct));
        thrown.Message.ShouldContain($"Revision 1 of workflow {Id}");
    }

    [Fact]
    public async Task Find_WorkflowWithAgents_CanRunOnceAScriptAnswers()
    {
        Store(1, "name: a\nversion: 1\nagents: {w: {description: d}}\ntasks: {t: {description: d, agent: w}}");

        (await _catalog.FindAsync(Id, 1, Ct))!.Unsupported.ShouldHaveSingleItem().Code.ShouldBe("PPL404");
        var scripted = new WorkflowCatalog(_store, new TaskOptions { ModelScript = new ModelScript() });
        (await scripted.FindAsync(Id, 1, Ct))!.Unsupported.ShouldBeEmpty();
    }

    private void Store(int revision, string? text = null) => _store.Versions[(Id, revision)] = new WorkflowVersionRow
    {
        WorkflowId = Id, Revision = revision, Version = "1.0.0", Definition = text ?? Samples.Yaml("sample", "", "a"), Sha256 = "", CreatedAt = Samples.Start,
    };

    private sealed class VersionStore : IWorkflowStore
    {
        private readonly ConcurrentQueue<(Guid, int)> _reads = new();

        public ConcurrentDictionary<(Guid Id, int Revision), WorkflowVersionRow> Versions { get; } = new();
        public Exception? Failure { get; set; }

        public int ReadsOf(Guid id, int revision) => _reads.Count(read => read == (id, revision));

        public async Task<WorkflowVersionRow?> FindVersionAsync(Guid id, int revision, CancellationToken cancellationToken)
        {
            _reads.Enqueue((id, revision));
            await Task.Yield();
            return Failure is null ? Versions.GetValueOrDefault((id, revision)) : throw Failure;
        }

        public Task SaveAsync(WorkflowRow row, WorkflowVersionRow? version, int expectedRevision, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<WorkflowRow?> FindAsync(Guid id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<WorkflowRow?> FindByNameAsync(string organization, string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<WorkflowVersionRow>> ListVersionsAsync(Guid id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<(IReadOnlyList<WorkflowRow> Rows, long Total)> ListAsync(WorkflowFilter filter, int offset, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
