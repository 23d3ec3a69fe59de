using Periplon.Core.Reuse;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Reuse;

public sealed class SubflowExpanderTests
{
    [Fact]
    public void Expand_NoSubflows_ReturnsTheSameWorkflow()
    {
        var workflow = Parse("tasks: {a: {command: {executable: x}}}");

        var expansion = SubflowExpander.Expand(workflow, WorkflowResources.None);

        expansion.Workflow.ShouldBeSameAs(workflow);
        expansion.Documents.ShouldHaveSingleItem().Workflow.ShouldBeSameAs(workflow);
        expansion.Missing.ShouldBeEmpty();
    }

    [Fact]
    public void Expand_OneTextMissingTwice_IsMissingOnceWithItsPlace()
    {
        var workflow = Parse("subflows:\n  a: {source: {type: file, path: x.yaml}}\n  b: {source: {type: file, path: ./x.yaml}}\n");

        var missing = SubflowExpander.Expand(workflow, WorkflowResources.None).Missing.ShouldHaveSingleItem();

        missing.Reference.ShouldBe(new ResourceReference.File("x.yaml"));
        missing.NamedBy.ShouldBeNull();
        missing.ToDiagnostic("gone").ToString().ShouldBe("2:7: error PPL601: gone");
    }

    [Theory]
    [InlineData("", "deploy", true)]
    [InlineData("", "\"deploy-${workflow.x}\"", true)]
    [InlineData("concurrency: other", "deploy", true)]
    [InlineData("concurrency: 2", "deploy", true)]
    [InlineData("concurrency: deploy", "deploy", false)]
    [InlineData("concurrency: \"${workflow.x}\"", "deploy", false)]
    [InlineData("concurrency: other", "\"deploy-${workflow.x}\"", false)]
    [InlineData("tasks: {a: {subflow: lib, concurrency: deploy}}", "deploy", false)]
    [InlineData("finally: {z: {subflow: lib, concurrency: deploy}}", "deploy", false)]
    [InlineData("subflows: {s: {tasks: {a: {subflow: lib, concurrency: deploy}}}}", "deploy", false)]
    public void Expand_LimitOfAFile_HoldsUnlessACallerMayHoldItsPlace(string caller, string key, bool holds)
    {
        // Two files deep: who calls the caller counts, too.
        var resources = WorkflowResources.None
            .With("file:mid.yaml", WorkflowResource.Of(Named(
                "subflows: {lib: {source: {type: file, path: lib.yaml}}}\ntasks: {m: {subflow: lib}}")))
            .With("file:lib.yaml", WorkflowResource.Of(Named($"concurrency: {key}\ntasks: {{t: {{command: {{executable: x}}}}}}")));
        var workflow = Parse(
            (caller.StartsWith("subflows: {", StringComparison.Ordinal)
                ? caller.Replace("subflows: {", "subflows: {mid: {source: {type: file, path: mid.yaml}}, ", StringComparison.Ordinal)
                : "subflows: {mid: {source: {type: file, path: mid.yaml}}}\n" + caller).Replace("subflow: lib", "subflow: mid", StringComparison.Ordinal));

        var expansion = SubflowExpander.Expand(workflow, resources);

        Subflows.DefinitionOf(expansion.Workflow, "mid/lib").Concurrency.ShouldBe(
            holds ? new ConcurrencyDefinition(key.Trim('"')) : null);
        expansion.Diagnostics.Select(found => $"{found.File} {found.Code} {found.Severity}").ShouldBe(
            holds ? [] : ["lib.yaml PPL610 Warning"]);
    }

    [Fact]
    public void Expand_FilesThatMultiply_StopAtTheBound()
    {
        var resources = WorkflowResources.None;
        for (var i = 0; i < 12; i++)
        {
            resources = resources.With($"file:{i}.yaml", WorkflowResource.Of(Named(
                $"subflows: {{a: {{source: {{type: file, path: {i + 1}.yaml}}}}, b: {{source: {{type: file, path: {i + 1}.yaml}}}}}}\n"
                + "tasks: {t: {subflow: a}}")));
        }

        resources = resources.With("file:12.yaml", WorkflowResource.Of(Named("tasks: {t: {command: {executable: x}}}")));
        var expansion = SubflowExpander.Expand(Parse("subflows: {s: {source: {type: file, path: 0.yaml}}}"), resources);

        expansion.Workflow.Subflows.Count.ShouldBe(SubflowExpander.MaxSubflows);
        expansion.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe("PPL605");
    }

    [Fact]
    public void Read_ExpandedSubflow_BecomesAWorkflowThatCallsItsOwnSubflows()
    {
        var (main, resources) = SeveralFiles.Split("""
            subflows: {lib: {source: {type: file, path: lib.yaml}, outputs: {o: "${task.a.output}"}}}
            tasks: {a: {subflow: lib}}
            # file:lib.yaml
            subflows: {inner: {tasks: {x: {command: {executable: x}}}}}
            tasks: {a: {subflow: inner}}
            finally: {z: {command: {executable: z}}}
            """);

        var bundle = WorkflowBundle.Read(main, resources);
        var child = Subflows.DefinitionOf(bundle.Workflow!, "lib");

        bundle.IsValid.ShouldBeTrue();
        child.Name.ShouldBe("example/lib");
        child.Finally.Keys.ShouldBe(["z"]);
        child.Outputs.Keys.ShouldBe(["o"]);
        Subflows.DefinitionOf(child, child.Tasks["a"].Subflow!).Tasks.Keys.ShouldBe(["x"]);
    }

    [Fact]
    public void Read_MainFileThatCannotBeRead_HasNoWorkflow()
    {
        var bundle = WorkflowBundle.Read("[]", WorkflowResources.None);

        bundle.IsValid.ShouldBeFalse();
        bundle.Workflow.ShouldBeNull();
        Should.Throw<InvalidOperationException>(() => bundle.Plan);
    }

    [Fact]
    public void Read_ReferenceToAnOutputOfASubflow_IsKnown()
    {
        var bundle = WorkflowBundle.Read(Named("""
            subflows: {s: {tasks: {x: {command: {executable: x}}}, outputs: {o: "${task.x.output}"}}}
            tasks:
              a: {subflow: s}
              b: {http: {method: GET, url: "https://h/${task.a.outputs.o}/${task.a.outputs.nothing}"}, depends_on: [a]}
            """), WorkflowResources.None);

        bundle.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("task.a.outputs.nothing");
    }

    private static WorkflowDefinition Parse(string yaml)
    {
        var parsed = WorkflowParser.Parse(Named(yaml));
        return parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics));
    }

    private static string Named(string yaml) => $"{yaml.TrimEnd()}\nname: example\nversion: \"1\"\n";
}
