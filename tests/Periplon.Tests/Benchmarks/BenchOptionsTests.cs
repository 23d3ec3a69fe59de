using Periplon.Benchmarks;
using Periplon.Benchmarks.Scenarios;

namespace Periplon.Tests.Benchmarks;

public sealed class BenchOptionsTests
{
    [Fact]
    public void TryParse_AllThatIsUsual_IsTaken()
    {
        string[] arguments =
        [
            "--database", "postgres", "--silos", "3", "--runs", "5", "--seconds", "2", "--warm-up", "0", "--scenario", "kestra",
            "--scenario", "long", "--minutes", "4", "--json", "results.json",
        ];
        BenchOptions.TryParse(arguments, out var options, out var problem).ShouldBeTrue(problem);
        (options!.IsPostgres, options.Silos, options.Runs, options.Seconds, options.WarmUpSeconds).ShouldBe((true, 3, 5, 2, 0));
        (options.Minutes, options.JsonFile, options.Url).ShouldBe((4, "results.json", null));
        options.Scenarios.Select(scenario => scenario.Name).ShouldBe(["kestra", "long"]);
    }

    [Fact]
    public void TryParse_NoScenario_MeansAllButTheLongOne()
    {
        BenchOptions.TryParse([], out var options, out _).ShouldBeTrue();
        options!.Scenarios.Count.ShouldBe(Scenario.All.Count - 1);
        options.Scenarios.ShouldNotContain(scenario => scenario.Name == "long");
        options.Runs.ShouldBe(3);
    }

    [Theory]
    [InlineData("--database", "oracle")]
    [InlineData("--runs", "0")]
    [InlineData("--seconds", "soon")]
    [InlineData("--warm-up", "-1")]
    [InlineData("--scenario", "echo-2")]
    [InlineData("--wrong", "1")]
    public void TryParse_WhatItDoesNotTake_IsNamed(string name, string value)
    {
        BenchOptions.TryParse([name, value], out _, out var problem).ShouldBeFalse();
        problem.ShouldContain($"{name} {value}");
    }

    [Theory]
    [InlineData("--silos", "3")]
    [InlineData("--url", "Host=db")]
    public void TryParse_WhatNeedsPostgres_IsRefusedOnSqlite(string name, string value)
    {
        BenchOptions.TryParse([name, value], out _, out var problem).ShouldBeFalse();
        problem.ShouldContain(name);
        problem.ShouldContain("needs --database postgres");
    }

    [Fact]
    public void TryParse_FolderWithoutTheProgram_IsNamed()
    {
        var folder = Directory.CreateTempSubdirectory("periplon-bench-").FullName;
        try
        {
            BenchOptions.TryParse(["--compare", AppContext.BaseDirectory, folder], out _, out var problem).ShouldBeFalse();
            problem.ShouldContain($"'{folder}' does not hold the program");
        }
        finally
        {
            Directory.Delete(folder);
        }
    }
}
