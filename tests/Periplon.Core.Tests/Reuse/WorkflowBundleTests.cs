using Periplon.Core.Reuse;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Reuse;

/// <summary>Predefined tasks and files of subflows together.</summary>
public sealed class WorkflowBundleTests
{
    private const string Task = """
        apiVersion: task/v1
        kind: PredefinedTask
        metadata: {name: tidy, version: 1.0.0}
        spec:
          agent_template: {description: "Tidy ${input.what} up"}
          inputs: {what: {type: string, required: true}}
        """;

    private const string Main = """
        name: main
        version: "1"
        subflows: {lib: {source: {type: file, path: lib.yaml}}}
        tasks: {a: {subflow: lib}}
        """;

    private const string Lib = """
        name: lib
        version: "1"
        tasks: {x: {uses: tidy@1.0.0, inputs: {what: it}}}
        """;

    private static readonly CollectedLibrary Library = CollectedLibrary.Of(new Dictionary<string, string> { ["task:tidy@1.0.0"] = Task }).Library;

    private static readonly WorkflowResources Files = WorkflowResources.None.With("file:lib.yaml", WorkflowResource.Of(Lib));

    [Fact]
    public void Read_PredefinedTaskInAFetchedFile_IsAnAgentTaskOfItsSubflow()
    {
        var bundle = WorkflowBundle.Read(Main, Files, library: Library);

        bundle.IsValid.ShouldBeTrue(string.Join('\n', bundle.Diagnostics));
        var task = bundle.Workflow!.Subflows["lib"].Tasks["x"];
        task.Uses.ShouldBeNull();
        bundle.Workflow.Subflows["lib"].Agents.ShouldContainKey(task.Agent!);
    }

    [Fact]
    public void Read_AgainFromItsResourcesAlone_IsTheSameWorkflow()
    {
        var first = WorkflowBundle.Read(Main, Files, library: Library);

        var again = WorkflowBundle.Read(Main, WorkflowResources.FromJson(first.Resources.ToJson()));

        again.IsValid.ShouldBeTrue(string.Join('\n', again.Diagnostics));
        again.Resources.ToJson().ShouldBe(first.Resources.ToJson());
        Yaml.DefinitionText.Of(again.Workflow!).ShouldBe(Yaml.DefinitionText.Of(first.Workflow!));
    }

    [Fact]
    public void Read_PredefinedTaskThatIsNowhere_IsAnErrorInTheFileThatUsesIt()
    {
        var error = WorkflowBundle.Read(Main, Files, library: CollectedLibrary.Empty).Diagnostics
            .Single(found => found.Severity is DiagnosticSeverity.Error);

        (error.File, error.Path, error.Line).ShouldBe(("lib.yaml", "tasks.x.uses", 3));
    }
}
