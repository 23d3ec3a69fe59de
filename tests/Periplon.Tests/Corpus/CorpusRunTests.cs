using System.Text.Json.Nodes;
using Periplon.Commands;

namespace Periplon.Tests.Corpus;

/// <summary>Every real workflow file runs to the end that <see cref="CorpusTable"/> declares, with a script in place of models.</summary>
public sealed class CorpusRunTests(CorpusRuns runs) : IClassFixture<CorpusRuns>
{
    public static TheoryData<string> Refused => [.. CorpusTable.Rows.Where(row => row.RefusedFor.Count > 0).Select(row => row.Name)];

    public static TheoryData<string> Runnable => [.. CorpusTable.Rows.Where(row => row.RefusedFor.Count == 0).Select(row => row.Name)];

    public static TheoryData<string> Extra => [.. ExtraFile.All.Select(file => file.Name)];

    [Fact]
    public void Table_HasARowForEveryFile()
    {
        var files = Directory.EnumerateFiles(CorpusRunner.Folder, "*.yaml", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(CorpusRunner.Folder, file));

        CorpusTable.Rows.Select(row => row.File).Distinct().Order(StringComparer.Ordinal).ShouldBe(files.Order(StringComparer.Ordinal));
        CorpusTable.Rows.Select(row => row.Name).ShouldBeUnique();
    }

    [Theory]
    [MemberData(nameof(Runnable))]
    public void Run_FileOfTheCorpus_EndsAsDeclared(string name)
    {
        var (row, run) = (Row(name), runs.Of(name));

        run.Output.ShouldNotBeEmpty(run.Error);
        run.Status.ShouldBe(row.Status, run.Story);
        run.ExitCode.ShouldBe(ExitCode.Ok, run.Story);
        run.Tasks.Where(task => task.Status != "completed")
            .ShouldBe(row.Skipped.Select(id => (id, "skipped")), ignoreOrder: true, run.Story);
    }

    [Theory]
    [MemberData(nameof(Runnable))]
    public void Run_FileOfTheCorpus_RunsEachTaskOnceAndWritesItsOutput(string name)
    {
        var (row, run) = (Row(name), runs.Of(name));
        var ends = run.Tasks.ToLookup(task => task.Id.Split('.')[^1]);

        foreach (var task in run.Workflow!.Tasks.Values)
        {
            ends[task.Id].ShouldHaveSingleItem($"{task.Id} in {run.Story}");
            if (task is { Output: { } output, Loop: null } && !row.Skipped.Contains(task.Id))
            {
                File.Exists(Path.Combine(run.Directory, output)).ShouldBeTrue($"{output} of {task.Id}: {run.Story}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Run_FileWithPartsThatDoNotRunYet_IsRefusedForEachOfThem(string name)
    {
        var run = runs.Of(name);

        run.ExitCode.ShouldBe(ExitCode.Failure, run.Story);
        run.Output.ShouldBeEmpty();
        Codes(run.Error).ShouldBe(Row(name).RefusedFor, ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Extra))]
    public void Run_FurtherFile_EndsAsItsLabelsDeclare(string name)
    {
        var (file, run) = (ExtraFile.All.Single(file => file.Name == name), runs.Of(name));

        run.Output.ShouldNotBeEmpty(run.Error);
        run.Status.ShouldBe(file.Status, run.Story);
        JsonNode.DeepEquals(run.Report["outputs"], file.Outputs).ShouldBeTrue($"expected {file.Outputs.ToJsonString()}: {run.Story}");
        run.Error.ShouldNotContain("warning PPL");
    }

    private static CorpusRow Row(string name) => CorpusTable.Rows.Single(row => row.Name == name);

    private static IEnumerable<string> Codes(string errors) =>
        errors.Split('\n').Where(line => line.Contains(": error PPL", StringComparison.Ordinal))
            .Select(line => line.Split(": error ")[1].Split(':')[0]).Distinct();
}
