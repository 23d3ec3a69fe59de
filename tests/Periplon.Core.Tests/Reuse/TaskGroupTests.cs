using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using static Periplon.Core.Tests.Reuse.Library;

namespace Periplon.Core.Tests.Reuse;

public sealed class TaskGroupTests
{
    private const string Shared = """
          shared_config:
            inputs:
              region: {type: string, default: eu}
            permissions: {mode: plan}
            max_turns: 7
            environment: {STAGE: test, LANG: C}
          workflows:
            - name: clean
              description: Cleans up
              inputs: {path: {type: string, required: true}}
              outputs: {report: "${task.sweep.output}"}
              tasks:
                sweep: {uses: tidy}
                list:
                  command: {executable: ls, env: {LANG: de}}
                  depends_on: [sweep]

        """;

    [Fact]
    public void Expand_UsesWorkflow_MakesAnInlineSubflowOfIt()
    {
        var expansion = ExpandWell($$$"""
            imports: {t: tools@1.0.0}
            tasks:
              a: {uses_workflow: "t:clean", inputs: {path: /tmp}}
              b: {uses_workflow: "t:clean", inputs: {path: "${workflow.p}", region: us}}
            {{{PredefinedTasksTests.Tidy("1.0.0")}}}{{{Tools(Shared)}}}
            """);

        var workflow = expansion.Workflow;
        workflow.Tasks["a"].Kind.ShouldBe(TaskKind.Subflow);
        workflow.Tasks.Values.Select(task => task.Subflow).ShouldBe(["t:clean", "t:clean"]);
        var subflow = workflow.Subflows["t:clean"];
        subflow.Source.ShouldBeNull();
        subflow.Inputs.Keys.ShouldBe(["path", "region"]);
        subflow.Outputs["report"].Value!.Value.GetString().ShouldBe("${task.sweep.output}");
        subflow.Tasks["list"].Command!.Env.ShouldBe(
            new Dictionary<string, string> { ["STAGE"] = "test", ["LANG"] = "de" }, ignoreOrder: true);
        subflow.Tasks["sweep"].Agent.ShouldBe("tidy_1_0_0");
        subflow.Tasks["sweep"].Inputs["region"].GetString().ShouldBe("${input.region}");
        subflow.Agents["tidy_1_0_0"].ShouldSatisfyAllConditions(
            agent => agent.Permissions.Mode.ShouldBe("plan"), agent => agent.MaxTurns.ShouldBe(7));
        workflow.Agents.ShouldBeEmpty();
        expansion.Texts().Keys.ShouldBe(["group:tools@1.0.0", "task:tidy@1.0.0"]);
    }

    [Fact]
    public void Expand_TaskOfANamespace_HasTheSharedConfiguration()
    {
        var task = """
            # file: tidy.task.yaml
            apiVersion: task/v1
            kind: PredefinedTask
            metadata: {name: tidy, version: 1.0.0}
            spec:
              agent_template: {description: "Tidy ${input.region} in ${env.STAGE} of ${env.OTHER}", permissions: acceptEdits, max_turns: 2}

            """;

        var expansion = ExpandWell(
            $"imports: {{t: tools@1.0.0}}\ntasks: {{a: {{uses: t:tidy}}, b: {{uses: tidy@1.0.0}}}}\n{task}{Tools(Shared)}");

        var own = expansion.Workflow.Agents[expansion.Workflow.Tasks["a"].Agent!];
        own.Description.ShouldBe("Tidy ${task.region} in test of ${env.OTHER}");
        own.Permissions.Mode.ShouldBe("acceptEdits");
        own.MaxTurns.ShouldBe(2);
        expansion.Workflow.Tasks["a"].Inputs["region"].GetString().ShouldBe("eu");
        expansion.Workflow.Agents[expansion.Workflow.Tasks["b"].Agent!].Description
            .ShouldBe("Tidy ${input.region} in ${env.STAGE} of ${env.OTHER}");
    }

    [Theory]
    [InlineData("a: {uses: t:tiddy}", "PPL525", "Did you mean 'tidy'?")]
    [InlineData("a: {uses_workflow: t:claen}", "PPL526", "Did you mean 'clean'?")]
    [InlineData("a: {uses_workflow: t:clean}", "PPL527", "Add 'path' to the task's 'inputs', of type string.")]
    [InlineData("a: {uses: t:tidy@^2}", "PPL522", "One version must meet all of them.")]
    public void Expand_WrongUseOfAGroup_SaysWhatIsThere(string task, string code, string hint)
    {
        var found = Expand($"imports: {{t: tools@1.0.0}}\ntasks: {{{task}}}\n{PredefinedTasksTests.Tidy("1.0.0")}{Tools(Shared)}")
            .Diagnostics.Single(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);

        found.Code.ShouldBe(code);
        found.Hint.ShouldBe(hint);
    }

    [Fact]
    public void Expand_OptionalTaskOfAGroup_MayBeMissing()
    {
        var tasks = "    - {name: tidy, version: 1.0.0}\n    - {name: gone, version: 1.0.0, required: false}\n";
        var imports = "imports: {t: tools@^1}\n";

        ExpandWell(imports + "tasks: {a: {uses: t:tidy}}\n" + PredefinedTasksTests.Tidy("1.0.0") + Tools("", tasks));
        Expand(imports + "tasks: {a: {uses: t:gone}}\n" + PredefinedTasksTests.Tidy("1.0.0") + Tools("", tasks))
            .Diagnostics.Single().Code.ShouldBe("PPL521");
    }

    [Fact]
    public void Expand_GroupsThatNeedEachOther_AreRefused()
    {
        var group = Tools("  dependencies: [{name: more, version: 1.0.0}]\n");
        var more = group.Replace("tools", "\0", StringComparison.Ordinal).Replace("more", "tools", StringComparison.Ordinal)
            .Replace("\0", "more", StringComparison.Ordinal);

        Expand($"imports: {{t: tools@1.0.0}}\n{PredefinedTasksTests.Tidy("1.0.0")}{group}{more}").Diagnostics.Single()
            .Message.ShouldBe("The predefined group 'tools' needs itself: tools -> more -> tools.");
    }

    [Fact]
    public void Expand_CommandsOfAnUntrustedGroup_AreRefused()
    {
        var group = Tools(Shared).Replace("tools.taskgroup", "untrusted.taskgroup", StringComparison.Ordinal);

        const string Workflow = "imports: {t: tools@1.0.0}\ntasks: {a: {uses_workflow: t:clean, inputs: {path: x} } }\n";

        Expand(Workflow + PredefinedTasksTests.Tidy("1.0.0") + group)
            .Diagnostics.Single().Message.ShouldContain("the task 'list' of its workflow 'clean' is of the kind command");
    }

    internal static string Tools(string rest, string tasks = "    - {name: tidy, version: 1.0.0}\n") =>
        "# file: tools.taskgroup.yaml\napiVersion: taskgroup/v1\nkind: TaskGroup\nmetadata: {name: tools, version: 1.0.0}\nspec:\n"
        + $"  tasks:\n{tasks}{rest}";
}
