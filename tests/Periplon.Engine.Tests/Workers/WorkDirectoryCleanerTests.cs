using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Tasks;
using Periplon.Engine.Tests.Executions;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Workers;

public sealed class WorkDirectoryCleanerTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("periplon-cleaner-").FullName;
    private readonly MemoryJournal _journal = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunOnce_ExecutionsThatEndedOrAreUnknown_DeletesTheirDirectories()
    {
        var ended = await AddAsync(ExecutionStatus.Completed);
        var unknown = Make(Guid.NewGuid().ToString("D"));

        (await Cleaner().RunOnceAsync(Ct)).ShouldBe(2);

        Directory.Exists(ended).ShouldBeFalse();
        Directory.Exists(unknown).ShouldBeFalse();
        (await Cleaner().RunOnceAsync(Ct)).ShouldBe(0);
    }

    [Fact]
    public async Task RunOnce_ExecutionThatIsActive_KeepsItsDirectory()
    {
        var active = await AddAsync(ExecutionStatus.Running);

        (await Cleaner().RunOnceAsync(Ct)).ShouldBe(0);

        File.Exists(Path.Combine(active, "deep", "file")).ShouldBeTrue();
    }

    [Fact]
    public async Task RunOnce_NamesThatAreNoExecution_AreLeftAlone()
    {
        var id = Guid.NewGuid();
        string[] foreign = [Make(".attempts"), Make("notes"), Make(id.ToString("N")), Make(id.ToString("B")), Make($"{id:D}.old")];
        var file = Path.Combine(_root, Guid.NewGuid().ToString("D"));
        await File.WriteAllTextAsync(file, "", Ct);

        (await Cleaner().RunOnceAsync(Ct)).ShouldBe(0);

        foreign.ShouldAllBe(directory => Directory.Exists(directory));
        File.Exists(file).ShouldBeTrue();
    }

    [Fact]
    public async Task RunOnce_LinkInsideADirectory_IsRemovedAndWhatItLeadsToStays()
    {
        var outside = Make("outside");
        var unknown = Make(Guid.NewGuid().ToString("D"));
        Directory.CreateSymbolicLink(Path.Combine(unknown, "link"), outside);

        (await Cleaner().RunOnceAsync(Ct)).ShouldBe(1);

        Directory.Exists(unknown).ShouldBeFalse();
        File.Exists(Path.Combine(outside, "deep", "file")).ShouldBeTrue();
    }

    [Fact]
    public async Task RunOnce_NoWorkRootYet_DoesNothing()
    {
        Directory.Delete(_root);

        (await Cleaner().RunOnceAsync(Ct)).ShouldBe(0);

        Directory.CreateDirectory(_root);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private WorkDirectoryCleaner Cleaner() => new(
        _journal, Options.Create(new TaskOptions { WorkRoot = _root }), TimeProvider.System, NullLogger<WorkDirectoryCleaner>.Instance);

    private async Task<string> AddAsync(ExecutionStatus status)
    {
        var id = Guid.NewGuid();
        var now = DateTimeOffset.UnixEpoch;
        var row = new ExecutionRow
        {
            Id = id, Organization = "default", WorkflowId = Guid.NewGuid(), WorkflowName = "w", WorkflowVersion = "1", Revision = 1,
            Status = status, Partition = 0, CreatedAt = now,
        };
        await _journal.AppendAsync(new JournalAppend(id, 1, default, Guid.NewGuid(), now, row), Ct);
        return Make(id.ToString("D"));
    }

    private string Make(string name)
    {
        var directory = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.Combine(directory, "deep"));
        File.WriteAllText(Path.Combine(directory, "deep", "file"), "");
        return directory;
    }
}
