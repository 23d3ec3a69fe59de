using Periplon.Core.Executions;
using Periplon.Torture.Checks;
using Periplon.Torture.Load;

namespace Periplon.Tests.Torture;

public sealed class EndCheckTests
{
    private readonly Stored _stored = new();

    [Fact]
    public void Run_OneEndAsExpected_IsFine()
    {
        Stored.Finished(_stored.Add());
        Run().ShouldBeEmpty();
    }

    [Fact]
    public void Run_AcknowledgedAndNotStored_IsFound()
    {
        _stored.Add();
        _stored.All.Clear();
        Run().ShouldBe(["lost"]);
    }

    [Fact]
    public void Run_StillActive_IsFound()
    {
        _stored.Add("running", endsAt: null);
        Run().ShouldBe(["no-end"]);
    }

    [Fact]
    public void Run_TwoEnds_IsFound()
    {
        var execution = _stored.Add();
        Stored.Finished(execution);
        Stored.Finished(execution);
        Run().ShouldBe(["ends"]);
    }

    [Fact]
    public void Run_SomethingAfterTheEnd_IsFound()
    {
        var execution = _stored.Add();
        Stored.Finished(execution);
        Stored.HandedOut(execution, 101);
        Run().ShouldBe(["ends"]);
    }

    [Fact]
    public void Run_RowThatSaysSomethingElse_IsFound()
    {
        Stored.Finished(_stored.Add(), ExecutionStatus.Failed);
        Run().ShouldBe(["status"]);
    }

    [Fact]
    public void Run_AnEndThatItsWorkflowDoesNotLeadTo_IsFound()
    {
        Stored.Finished(_stored.Add("failed"), ExecutionStatus.Failed);
        Run().ShouldBe(["wrong-end"]);
    }

    [Fact]
    public void Run_OneStartTwoExecutions_IsFound()
    {
        Stored.Finished(_stored.Add(number: 7));
        Stored.Finished(_stored.Add(number: 7));
        Run().ShouldBe(["started-twice"]);
    }

    private List<string> Run()
    {
        var workload = new Workload { Name = "work", Yaml = "", Ends = ["completed"] };
        EndCheck.Run(_stored.All, _stored.Started, [workload], _stored.Violations);
        return [.. _stored.Found];
    }
}
