using Periplon.Client.Workflows;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Cluster;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Tests.Workflows;

/// <summary>Revisions and the files that they take from the library.</summary>
public sealed class WorkflowGrainResourcesTests : IAsyncLifetime
{
    private const string Main = """
        name: main
        version: "1"
        subflows: {part: {source: {type: file, path: part.yaml}}}
        tasks: {a: {subflow: part}}
        """;

    private readonly string _library = Directory.CreateTempSubdirectory("periplon-library-").FullName;
    private readonly Guid _id = Guid.NewGuid();
    private EngineCluster _cluster = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IWorkflowGrain Workflow => _cluster.Client.GetGrain<IWorkflowGrain>(_id.ToString("D"));

    public async ValueTask InitializeAsync() => _cluster = await EngineCluster.StartAsync(DatabaseKind.Sqlite, library: _library);

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(_library, recursive: true);
    }

    [Fact]
    public async Task Create_FileThatIsNotInTheLibrary_StoresNothingAndSaysWhereItWasLookedFor()
    {
        var saved = await CreateAsync();

        saved.Status.ShouldBe(WorkflowSaveStatus.Invalid);
        var problem = saved.Problems.ShouldHaveSingleItem();
        problem.Path.ShouldBe("subflows.part.source");
        problem.Message.ShouldBe($"There is no file {Path.Combine(_library, "part.yaml")}.");
        (await _cluster.Service<IWorkflowStore>().FindAsync(_id, Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task Create_FileWithAMistake_NamesTheFile()
    {
        Write("tasks: {x: {command: {executable: make}, depends_on: [y]}}");

        var problem = (await CreateAsync()).Problems.Single(found => found.Severity == "error");

        (problem.File, problem.Line, problem.Path).ShouldBe(("part.yaml", 3, "tasks.x.depends_on[0]"));
    }

    [Fact]
    public async Task Update_SameDefinition_IsANewRevisionOnlyWhenTheFileChanged()
    {
        Write("tasks: {x: {command: {executable: first}}}");
        (await CreateAsync()).Revision.ShouldBe(1);
        (await UpdateAsync()).Revision.ShouldBe(1);

        Write("tasks: {x: {command: {executable: second}}}");
        (await CreateAsync()).Revision.ShouldBe(1);
        (await UpdateAsync()).Revision.ShouldBe(2);
    }

    [Fact]
    public async Task Revision_WhateverBecomesOfTheFile_KeepsItsText()
    {
        Write("tasks: {x: {command: {executable: first}}}");
        await CreateAsync();
        Write("tasks: {x: {command: {executable: second}}}");
        await UpdateAsync();
        File.Delete(Path.Combine(_library, "part.yaml"));

        var catalog = _cluster.Service<WorkflowCatalog>();

        (await ExecutableOfAsync(catalog, 1)).ShouldBe("first");
        (await ExecutableOfAsync(catalog, 2)).ShouldBe("second");
    }

    private async Task<string> ExecutableOfAsync(WorkflowCatalog catalog, int revision) =>
        (await catalog.FindAsync(_id, revision, Ct))!.Plan.Workflow.Subflows["part"].Tasks["x"].Command!.Executable;

    private void Write(string tasks) => File.WriteAllText(Path.Combine(_library, "part.yaml"), $"name: part\nversion: \"1\"\n{tasks}\n");

    private Task<WorkflowSaved> CreateAsync() => Workflow.CreateAsync(new SaveWorkflow { Organization = "o", Definition = Main }, Ct);

    private Task<WorkflowSaved> UpdateAsync() => Workflow.UpdateAsync(new SaveWorkflow { Organization = "o", Definition = Main }, Ct);
}
