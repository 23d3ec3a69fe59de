using System.Text.Json;
using Periplon.Core.Reuse;
using Periplon.Core.Tests.Validation;
using Periplon.Core.Validation;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using static Periplon.Core.Tests.Reuse.Library;

namespace Periplon.Core.Tests.Reuse;

public sealed class PredefinedTasksTests
{
    private const string Summarize = """
        # file: summarize.task.yaml
        apiVersion: task/v1
        kind: PredefinedTask
        metadata: {name: summarize, version: 1.2.0}
        spec:
          agent_template:
            description: "Summarize ${input.path} in ${input.words} words"
            system_prompt: "You read {{input.path}} for ${workflow.name}."
            model: small
            tools: [Read, Write]
            permissions: {mode: acceptEdits}
            max_turns: 5
          inputs:
            path: {type: string, required: true}
            words: {type: number, default: 100, validation: {min: 10, max: 500}}
            token: {type: secret, source: "${env.TOKEN}"}
          outputs:
            summary: {source: {type: file, path: summary.md}}
        """;

    [Fact]
    public void Expand_Uses_MakesAnAgentTaskWithAnAgentOfItsOwn()
    {
        var expansion = ExpandWell($$$"""
            tasks:
              first:
                uses: summarize@1.2.0
                depends_on: [before]
                inputs: {path: "${workflow.file}"}
              before:
                command: {executable: echo}
            {{{Summarize}}}
            """);

        var task = expansion.Workflow.Tasks["first"];
        task.Kind.ShouldBe(TaskKind.Agent);
        task.Uses.ShouldBeNull();
        task.Agent.ShouldBe("summarize_1_2_0");
        task.Description.ShouldBe("Summarize ${task.path} in ${task.words} words");
        task.DependsOn.ShouldBe(["before"]);
        Text(task.Inputs).ShouldBe("""{"path":"${workflow.file}","token":"${env.TOKEN}","words":100}""");
        task.Outputs["summary"].Source.ShouldBe(new OutputSource.File("summary.md"));
        var agent = expansion.Workflow.Agents["summarize_1_2_0"];
        agent.ShouldBe(agent with
        {
            Id = "summarize_1_2_0",
            Description = "Summarize ${task.path} in ${task.words} words",
            SystemPrompt = "You read ${task.path} for ${workflow.name}.",
            Model = "small",
            Permissions = new PermissionsDefinition("acceptEdits", []),
            MaxTurns = 5,
        });
        agent.Tools.ShouldBe(["Read", "Write"]);
        expansion.Workflow.Tasks["before"].Command!.Executable.ShouldBe("echo");
    }

    [Fact]
    public void Expand_AnyPlaceOfATask_IsReached()
    {
        var expansion = ExpandWell($$$"""
            tasks:
              group:
                subtasks:
                  - inner: {uses: summarize@1, inputs: {path: a} }
                on_failure:
                  - rescue: {uses: summarize@1, inputs: {path: b} }
                finally:
                  - last: {uses: summarize@1, inputs: {path: c} }
              choose:
                switch:
                  on: "${workflow.kind}"
                  cases:
                    x: [one: {uses: summarize@1, inputs: {path: d} }]
                  default: [other: {uses: summarize@1, inputs: {path: e} }]
              loop:
                uses: summarize@1
                inputs: {path: "${loop.item}"}
                loop: {type: for_each, collection: {source: inline, items: [a]}, iterator: item}
            on_failure: {failed: {uses: summarize@1, inputs: {path: f} } }
            finally: {end: {uses: summarize@1, inputs: {path: g} } }
            subflows:
              sub:
                tasks: {deep: {uses: summarize@1, inputs: {path: h} } }
            workflows:
              main:
                description: stages
                steps:
                  - stage: one
                    agents: []
                    tasks: [staged: {description: x, uses: summarize@1, inputs: {path: i} }]
            {{{Summarize}}}
            """);

        var tasks = TaskTree.Of(expansion.Workflow, new ValidationReport(SourceMap.Empty)).Nodes;
        tasks.Where(node => node.Task.Agent == "summarize_1_2_0").Select(node => node.Task.Id)
            .ShouldBe(["inner", "rescue", "last", "one", "other", "loop", "failed", "end", "deep", "staged"], ignoreOrder: true);
        tasks.ShouldAllBe(node => node.Task.Uses == null);
        expansion.Workflow.Agents.Keys.ShouldBe(["summarize_1_2_0"]);
        expansion.Workflow.Subflows["sub"].Agents.Keys.ShouldBe(["summarize_1_2_0"]);
    }

    [Fact]
    public void Expand_Embed_AppliesTheOverridesToItsCopyAlone()
    {
        var expansion = ExpandWell($$$"""
            tasks:
              plain: {uses: summarize@1.2.0, inputs: {path: a} }
              changed:
                embed: summarize@1.2.0
                inputs: {path: a}
                overrides:
                  description: "Shorten ${input.path}"
                  agent_template: {model: large, permissions: {allowed_directories: [docs]}}
                  tools: [Read]
                  max_turns: null
                  inputs: {words: 20}
                  timeout_secs: 30
            {{{Summarize}}}
            """);

        var changed = expansion.Workflow.Tasks["changed"];
        changed.Agent.ShouldBe("summarize_1_2_0_2");
        changed.Description.ShouldBe("Shorten ${task.path}");
        changed.TimeoutSecs.ShouldBe(30);
        changed.Inputs["words"].GetInt32().ShouldBe(20);
        var agent = expansion.Workflow.Agents["summarize_1_2_0_2"];
        agent.Model.ShouldBe("large");
        agent.Tools.ShouldBe(["Read"]);
        agent.MaxTurns.ShouldBeNull();
        agent.Permissions.Mode.ShouldBe("acceptEdits");
        agent.Permissions.AllowedDirectories.ShouldBe(["docs"]);
        agent.SystemPrompt.ShouldBe("You read ${task.path} for ${workflow.name}.");
        expansion.Workflow.Agents["summarize_1_2_0"].Model.ShouldBe("small");
    }

    [Theory]
    [InlineData("words: 5", "Input")]
    [InlineData("words: \"20\"", "type number")]
    [InlineData("words: \"about ${workflow.n}\"", "type number")]
    [InlineData("path: [a]", "type string")]
    public void Expand_WrongInput_NamesTheInputAndWhatIsAllowed(string input, string expected)
    {
        var expansion = Expand($"tasks:\n  a:\n    uses: summarize@1.2.0\n    inputs:\n      path: x\n      {input}\n{Summarize}"
            .Replace(input.StartsWith("path", StringComparison.Ordinal) ? "      path: x\n" : "\0", "", StringComparison.Ordinal));

        var found = expansion.Diagnostics.Single(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        found.Code.ShouldBe("PPL528");
        found.Message.ShouldContain("Task 'a' uses summarize@1.2.0, but its input");
        found.Message.ShouldContain(expected, Case.Insensitive);
        expansion.IsComplete.ShouldBeFalse();
    }

    [Theory]
    [InlineData("^1.0.0", "1.10.0")]
    [InlineData("1.2.0", "1.2.0")]
    [InlineData("~1.2", "1.2.0")]
    [InlineData("latest", "2.0.0")]
    public void Expand_Constraint_ChoosesTheHighestVersionThatWillDo(string constraint, string expected)
    {
        var versions = string.Concat(new[] { "1.2.0", "1.10.0", "2.0.0", "3.0.0-rc.1" }.Select(Tidy));

        var expansion = ExpandWell($"tasks: {{a: {{uses: \"tidy@{constraint}\"}}}}\n{versions}");

        expansion.Tasks.Single().Version.ToString().ShouldBe(expected);
        expansion.Workflow.Tasks["a"].Agent.ShouldBe("tidy_" + expected.Replace('.', '_'));
    }

    [Fact]
    public void Expand_ConstraintsOfTasksAndDependencies_HoldTogether()
    {
        var library = Tidy("1.0.0") + Tidy("1.1.0") + Tidy("2.0.0")
            + Needing("clean", "{name: tidy, version: \"<1.1.0\"}, {name: gone, version: 1.0.0, optional: true}");

        var expansion = ExpandWell($"tasks: {{a: {{uses: tidy@^1}}, b: {{uses: clean@1.0.0}}}}\n{library}");
        var refused = Expand($"tasks: {{a: {{uses: tidy@2.0.0}}, b: {{uses: clean@1.0.0}}}}\n{library}");

        expansion.Tasks.Select(task => task.Manifest.Metadata.Reference).ShouldBe(["tidy@1.0.0", "clean@1.0.0"]);
        refused.Diagnostics.Single().Message.ShouldBe(
            "No version of the predefined task 'tidy' will do: wanted are 2.0.0 by tasks.a.uses, <1.1.0 by the task clean@1.0.0; "
            + "found are 1.0.0, 1.1.0, 2.0.0.");
    }

    [Fact]
    public void Expand_Circle_NamesIt()
    {
        var found = Expand("tasks: {a: {uses: one@1.0.0}}\n" + Needing("one", "{name: two, version: \"*\"}")
            + Needing("two", "{name: three, version: \"*\"}") + Needing("three", "{name: one, version: \"*\"}")).Diagnostics.Single();

        found.Code.ShouldBe("PPL523");
        found.Message.ShouldBe("The predefined task 'one' needs itself: one -> two -> three -> one.");
    }

    [Fact]
    public void Expand_CollectedTexts_GiveTheSameDefinitionAgain()
    {
        var text = $"tasks: {{a: {{uses: clean@^1, description: Now}}, b: {{embed: tidy@^1, overrides: {{model: m}}}}}}\n"
            + Tidy("1.0.0") + Tidy("1.4.0") + Needing("clean", "{name: tidy, version: ^1}");
        var first = ExpandWell(text);

        var (library, problems) = CollectedLibrary.Of(first.Texts());
        var workflow = WorkflowParser.Parse(Checked.Named(ReuseFiles.Split(text)["workflow.yaml"])).Workflow!;
        var again = PredefinedTasks.Expand(workflow, library);

        problems.ShouldBeEmpty();
        first.Texts().Keys.ShouldBe(["task:clean@1.0.0", "task:tidy@1.4.0"]);
        Yaml.DefinitionText.Of(again.Workflow).ShouldBe(Yaml.DefinitionText.Of(first.Workflow));
        again.Texts().ShouldBe(first.Texts());
    }

    [Fact]
    public void Expand_CollectedTextOfASourceThatIsNotTrusted_KeepsItsLimits()
    {
        var text = "tasks: {a: {uses: look@1.0.0}}\n# file: untrusted-look.task.yaml\napiVersion: task/v1\nkind: PredefinedTask\n"
            + "metadata: {name: look, version: 1.0.0}\nspec: {agent_template: {description: Look around}}\n";
        var first = ExpandWell(text);

        var (library, _) = CollectedLibrary.Of(first.Texts());
        var again = PredefinedTasks.Expand(
            WorkflowParser.Parse(Checked.Named(ReuseFiles.Split(text)["workflow.yaml"])).Workflow!, library);

        first.Texts().Keys.ShouldHaveSingleItem().ShouldBe("untrusted:task:look@1.0.0");
        again.Workflow.Agents.Values.Single().Tools.ShouldBe(["Read", "Grep", "Glob"], ignoreOrder: true);
    }

    [Fact]
    public void Expand_ExpandedWorkflow_ComesBackAsItIs()
    {
        var expanded = ExpandWell(
            $"imports: {{t: tools@1.0.0}}\ntasks: {{a: {{uses: t:tidy}}}}\n{Tidy("1.0.0")}{TaskGroupTests.Tools("")}");

        PredefinedTasks.Expand(expanded.Workflow, CollectedLibrary.Empty).Workflow.ShouldBeSameAs(expanded.Workflow);
        WorkflowValidator.Validate(expanded.Workflow).ShouldBeEmpty();
    }

    [Fact]
    public void Expand_CallersOutputsAndDescription_AreKept()
    {
        var task = ExpandWell($$$"""
            tasks:
              a:
                uses: summarize@1.2.0
                description: Be brief.
                inputs: {path: x}
                outputs: {short: "${task.summary}", other: "${task.output}"}
            {{{Summarize}}}
            """).Workflow.Tasks["a"];

        task.Description.ShouldBe("Summarize ${task.path} in ${task.words} words\n\nBe brief.");
        task.Outputs["short"].Source.ShouldBe(new OutputSource.File("summary.md"));
        task.Outputs["other"].Value!.Value.GetString().ShouldBe("${task.output}");
    }

    [Fact]
    public void References_Workflow_AreThoseOfItsOwnTasksAndImports()
    {
        var workflow = WorkflowParser.Parse(Checked.Named("""
            imports: {t: tools@^2.0.0}
            tasks:
              a: {uses: tidy@1.0.0}
              b: {subtasks: [c: {embed: clean@latest}, d: {uses: t:tidy}]}
            """)).Workflow!;

        PredefinedTasks.References(workflow).Select(each => $"{each.Kind} {each.Name} {each.Version} {each.Path}").ShouldBe(
        [
            "Group tools ^2.0.0 imports.t", "Task tidy 1.0.0 tasks.a.uses", "Task clean latest tasks.b.subtasks.c.embed",
        ]);
    }

    [Fact]
    public void Expand_UntrustedSource_MayOnlyRead()
    {
        static string File(string agent) => "# file: untrusted.task.yaml\napiVersion: task/v1\nkind: PredefinedTask\n"
            + $"metadata: {{name: look, version: 1.0.0}}\nspec:\n  agent_template: {{description: Look, {agent}}}\n";
        const string Workflow = "tasks: {a: {uses: look@1.0.0}}\n";

        Expand(Workflow + File("tools: [Read, Bash]")).Diagnostics.Single().Message.ShouldContain("uses the tool Bash");
        Expand(Workflow + File("permissions: bypassPermissions")).Diagnostics.Single().Message.ShouldContain("mode bypassPermissions");
        Expand(Workflow + File("permissions: {allowed_directories: [/]}")).Diagnostics.Single().Message.ShouldContain("directory /");
        ExpandWell(Workflow + File("model: m")).Workflow.Agents.Values.Single().Tools.ShouldBe(["Read", "Grep", "Glob"]);
    }

    internal static string Tidy(string version) => $"# file: tidy-{version}.task.yaml\napiVersion: task/v1\nkind: PredefinedTask\n"
        + $"metadata: {{name: tidy, version: {version}}}\nspec:\n  agent_template: {{description: Tidy up}}\n";

    private static string Needing(string name, string dependencies) =>
        $"# file: {name}.task.yaml\napiVersion: task/v1\nkind: PredefinedTask\n"
        + $"metadata: {{name: {name}, version: 1.0.0}}\nspec:\n  agent_template: {{description: Do}}\n  dependencies: [{dependencies}]\n";

    private static string Text(IReadOnlyDictionary<string, JsonElement> values) =>
        JsonSerializer.Serialize(new SortedDictionary<string, JsonElement>(values.ToDictionary(), StringComparer.Ordinal));
}
