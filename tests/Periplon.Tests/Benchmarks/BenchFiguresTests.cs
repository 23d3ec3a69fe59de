using System.Diagnostics;
using System.Text.Json;
using CsCheck;
using Periplon.Benchmarks;
using Periplon.Benchmarks.Load;
using Periplon.Benchmarks.Measure;
using Periplon.Benchmarks.Report;
using Periplon.Benchmarks.Scenarios;
using Periplon.Benchmarks.Servers;
using Periplon.Core.Reuse;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Tests.Benchmarks;

public sealed class BenchFiguresTests
{
    [Fact]
    public void At_AnyTimesAndShare_IsWithinOnePercentOfTheTimeOfThatRank() =>
        Gen.Select(Gen.Int[0, 50_000_000].Array[1, 200], Gen.Double[0, 1]).Sample((micros, share) =>
        {
            var histogram = new LatencyHistogram();
            Array.ForEach(micros, each => histogram.Record(TimeSpan.FromMicroseconds(each)));
            Array.Sort(micros);
            var expected = micros[Math.Max(1, (int)Math.Ceiling(share * micros.Length)) - 1] / 1000.0;
            histogram.At(share).ShouldBe(expected, (expected / 100) + 0.0011);
            (histogram.Count, histogram.MaxMilliseconds).ShouldBe((micros.Length, micros[^1] / 1000.0));
        });

    [Fact]
    public void Add_TwoHistograms_CountsBoth()
    {
        var (one, two) = (new LatencyHistogram(), new LatencyHistogram());
        one.Record(TimeSpan.FromMilliseconds(1));
        two.Record(TimeSpan.FromMilliseconds(100));
        one.Add(two);
        (one.Count, one.MaxMilliseconds).ShouldBe((2, 100));
        one.At(0.5).ShouldBe(1, 0.01);
    }

    [Fact]
    public void DueAt_SteadyRate_SpacesExecutionsEvenly()
    {
        var schedule = new ArrivalSchedule(began: 1_000, rate: 200, count: 10);
        schedule.DueAt(0).ShouldBe(1_000);
        schedule.DueAt(400).ShouldBe(1_000 + (2 * Stopwatch.Frequency));
    }

    [Fact]
    public void Find_SeriesOfMetrics_IsTheOneOfThatVeryName()
    {
        const string Metrics = "# TYPE rows_total counter\nrows_total_more 1\nrows_total{a=\"b\"} 2\nrows_total 3.5\n";
        ApiClient.Find(Metrics, "rows_total").ShouldBe(3.5);
        ApiClient.Find(Metrics, "rows").ShouldBeNull();
    }

    [Fact]
    public void Of_Runs_GivesMedianLeastAndMost()
    {
        var summary = FigureSummary.Of([[new("p50_ms", 3), new("wal", 1)], [new("p50_ms", 1)], [new("p50_ms", 2)]]);
        summary.Select(figure => (figure.Name, figure.Median, figure.Min, figure.Max)).ShouldBe([("p50_ms", 2, 1, 3), ("wal", 1, 1, 1)]);
        FigureSummary.MedianOf([4, 1]).ShouldBe(2.5);
    }

    [Fact]
    public void Parse_StateOfAProcessWhoseNameHasBlanks_IsRead() =>
        ProcessTimes.Parse("12 (a (b) c) S 7 1 1 0 -1 4 1 2 3 4 50 6 700 8 20 0 1 0 99")
            .ShouldBe(new ProcessStat("a (b) c", 7, 56, 708));

    [Fact]
    public void Parse_WhatIsNoState_IsNamed() =>
        Should.Throw<FormatException>(() => ProcessTimes.Parse("12 (a) S 7")).Message.ShouldContain("'12 (a) S 7'");

    [Theory]
    [InlineData("postgres://me:pass%40word@db.local/app", "Host=db.local;Port=5432;Database=app;Username=me;Password=pass@word")]
    [InlineData("Host=db;Port=1", "Host=db;Port=1")]
    public void ConnectionStringOf_UrlOrConnectionString_IsAConnectionString(string url, string expected) =>
        RunDatabase.ConnectionStringOf(url).ShouldBe(expected);

    [Fact]
    public void PerOne_WhatCannotBeRead_IsLeftOut()
    {
        var before = new UsageReading { Client = TimeSpan.Zero, Server = TimeSpan.FromSeconds(1), Appends = 10, WalBytes = 100 };
        var after = new UsageReading { Client = TimeSpan.FromSeconds(2), Server = TimeSpan.FromSeconds(2), Appends = 30 };
        after.PerOne(before, 10, "execution").ShouldBe(
        [
            new("client_ms_per_execution", 200), new("server_ms_per_execution", 100), new("journal_appends_per_execution", 2),
        ]);
    }

    [Fact]
    public void ToString_Table_AlignsWordsLeftAndNumbersRight()
    {
        var table = new TextTable("scenario", "median");
        table.Add("echo-1", TextTable.Number(1234.5));
        table.Add("long-name", TextTable.Number(0.25));
        table.ToString().ShouldBe("scenario   median\necho-1      1,234\nlong-name   0.250\n");
    }

    [Fact]
    public void Compare_TwoBuilds_GivesTheRatioOfMediansAndItsSpread()
    {
        static BuildResult Build(string program, params double[] runs) => new(program, [new("echo-1", 1, [new("p50_ms", runs)])]);
        var text = ResultTables.Compare(Build("/a", 1, 2, 4), Build("/b", 2, 3, 4));
        text.ShouldContain("A  /a\nB  /b\n");
        text.ShouldContain("echo-1    p50_ms  2.00  3.00   1.50  0.500  4.00");
    }

    [Fact]
    public void Write_Results_IsJsonOfTheSchema()
    {
        BenchOptions.TryParse(["--seconds", "2"], out var options, out _).ShouldBeTrue();
        using var json = JsonDocument.Parse(
            JsonReport.Write(options!, [new("/a", [new("echo-1", 1, [new("p50_ms", [1, 2, 4])])])]));
        (json.RootElement.GetProperty("schema").GetInt32(), json.RootElement.GetProperty("seconds").GetInt32()).ShouldBe((1, 2));
        var figure = json.RootElement.GetProperty("builds")[0].GetProperty("scenarios")[0].GetProperty("figures").GetProperty("p50_ms");
        (figure.GetProperty("median").GetDouble(), figure.GetProperty("min").GetDouble(), figure.GetProperty("max").GetDouble())
            .ShouldBe((2, 1, 4));
        figure.GetProperty("runs").GetArrayLength().ShouldBe(3);
    }

    [Fact]
    public void Workflow_OfEveryScenario_IsValid()
    {
        foreach (var scenario in Scenario.All)
        {
            var bundle = WorkflowBundle.Read(scenario.Workflow(), WorkflowResources.None);
            bundle.Diagnostics.ShouldNotContain(found => found.Severity == DiagnosticSeverity.Error, scenario.Name);
        }
    }
}
