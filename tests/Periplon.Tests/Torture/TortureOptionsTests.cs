using Periplon.Torture;
using Periplon.Torture.Ledger;
using Periplon.Torture.Checks;

namespace Periplon.Tests.Torture;

public sealed class TortureOptionsTests
{
    [Fact]
    public void TryParse_AllThatIsUsual_IsTaken()
    {
        string[] arguments = ["--minutes", "0.5", "--database", "sqlite", "--seed", "7", "--faults", "kill,reset", "--keep"];
        TortureOptions.TryParse(arguments, out var options, out _).ShouldBeTrue();
        (options!.Duration, options.IsPostgres, options.Seed, options.Keep).ShouldBe((TimeSpan.FromSeconds(30), false, 7, true));
        options.Faults.Order().ShouldBe(["kill", "reset"]);
    }

    [Theory]
    [InlineData("--database", "oracle")]
    [InlineData("--minutes", "-1")]
    [InlineData("--minutes", "soon")]
    [InlineData("--wrong", "1")]
    public void TryParse_WhatItDoesNotTake_IsNamed(string name, string value)
    {
        TortureOptions.TryParse([name, value], out _, out var problem).ShouldBeFalse();
        problem.ShouldContain($"{name} {value}");
    }

    [Fact]
    public void Parse_LineOfTheLedger_IsRead()
    {
        var id = Guid.NewGuid();
        var line = LedgerLine.Parse($"{id}/rounds[1].do/2 s1.3 4711 end 1700000000.250000");
        line.Key.ShouldBe(new AttemptKey(id, "rounds[1].do", 2));
        (line.Life, line.Process, line.IsStart).ShouldBe(("s1.3", 4711, false));
        line.At.ShouldBe(DateTimeOffset.UnixEpoch.AddSeconds(1700000000.25));
    }

    [Fact]
    public void Broken_CountersAboveZero_AreFound() =>
        InvariantCheck.Broken("""
            # TYPE periplon_invariant_double_end counter
            periplon_invariant_double_end 0
            periplon_invariant_lost_task{kind="a"} 2
            periplon_other 3
            """).ShouldBe(["periplon_invariant_lost_task{kind=\"a\"} 2"]);

    [Fact]
    public void BrokenInLog_LinesOfTheMonitor_AreFound() =>
        InvariantCheck.BrokenInLog(["info: all is well", "fail: Invariant lost_task is broken at execution 1: a. b", "Invariant is not here"])
            .ShouldBe(["fail: Invariant lost_task is broken at execution 1: a. b"]);
}
