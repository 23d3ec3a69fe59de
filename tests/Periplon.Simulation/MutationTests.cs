using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Simulation;

/// <summary>Mistakes planted on purpose: a simulator that does not find them proves nothing by finding none.</summary>
public sealed class MutationTests
{
    private static readonly Dictionary<string, (Func<Protocol> Make, long Within)> Mutations = new()
    {
        ["a report is accepted whatever its token"] = (() => new AnyTokenCounts(), 4_000),
        ["a conflict of an append is taken for success"] = (() => new ConflictIsSuccess(), 1_000),
        ["an append is acknowledged before it is stored"] = (() => new AcknowledgesEarly(), 1_000),
        ["a lost offer is not made again"] = (() => new OffersOnce(), 2_000),
        ["the end of a child is told only once"] = (() => new TellsOnce(), 4_000),
        ["a place under a limit is kept by what was cancelled"] = (() => new KeepsPlaces(), 4_000),
        ["attempts are taken from workers that live"] = (() => new TakesFromTheLiving(), 2_000),
        ["an activation that was overtaken goes on answering"] = (() => new NeverLooks(), 80_000),
        ["a claim that was granted too late is not handed back"] = (() => new KeepsLateClaims(), 4_000),
        ["attempts of dead workers are left with them"] = (() => new TrustsTheDead(), 2_000),
    };

    public static TheoryData<string> Names => [.. Mutations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Simulator_OfAPlantedMistake_FindsIt(string name)
    {
        var (make, within) = Mutations[name];
        var found = Simulator.RunAll(0, within, make, mostFailures: 1, TestContext.Current.CancellationToken);
        found.ShouldNotBeEmpty($"{within} worlds did not show that {name}");
        TestContext.Current.TestOutputHelper?.WriteLine(found[0].ToString());
        Simulator.Fails(found[0].Seed, new Protocol()).ShouldBeNull("without the mistake the same world is well");
    }

    private sealed class AnyTokenCounts : Protocol
    {
        public override Task<bool> ReportAsync(
            ExecutionDriver driver, string task, int attempt, Guid token, TaskOutcome outcome, double random) =>
            driver.DoAsync(
                turn => turn.State.Find(task) is { } found && ExecutionCommands.Report(turn, task, attempt, found.Token, outcome, random),
                CancellationToken.None);
    }

    private sealed class ConflictIsSuccess : Protocol
    {
        public override async Task AppendAsync(JournalAppend append, Func<JournalAppend, Task> store)
        {
            try
            {
                await store(append);
            }
            catch (JournalConflictException)
            {
                // This is the mistake.
            }
        }
    }

    private sealed class AcknowledgesEarly : Protocol
    {
        public override Task AppendAsync(JournalAppend append, Func<JournalAppend, Task> store)
        {
            _ = store(append);
            return Task.CompletedTask;
        }
    }

    private sealed class OffersOnce : Protocol
    {
        public override bool OffersOnWake => false;
    }

    private sealed class TellsOnce : Protocol
    {
        public override int ChildTries => 1;

        public override bool LooksAfterChildren => false;
    }

    private sealed class KeepsPlaces : Protocol
    {
        public override bool ChecksHolders => false;

        public override IEnumerable<LimitRequest> Tell(ExecutionState before, ExecutionState after, IReadOnlyList<ExecutionEvent> events) =>
            after.CancelRequestedAt is null ? base.Tell(before, after, events) : [];
    }

    private sealed class NeverLooks : Protocol
    {
        public override Task EnsureCurrentAsync(ExecutionDriver driver) => Task.CompletedTask;
    }

    private sealed class TakesFromTheLiving : Protocol
    {
        public override bool IsLost(bool isDead, bool isHeld) => true;
    }

    private sealed class KeepsLateClaims : Protocol
    {
        public override bool ReturnsClaims => false;
    }

    private sealed class TrustsTheDead : Protocol
    {
        public override bool IsLost(bool isDead, bool isHeld) => false;
    }
}
