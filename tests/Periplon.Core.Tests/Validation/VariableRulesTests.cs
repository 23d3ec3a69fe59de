using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Validation;

public sealed class VariableRulesTests
{
    private const string Surroundings = """
        inputs: {root: {type: string}}
        outputs: {report: "x"}
        secrets: {key: {source: {type: env, var: KEY}}}
        task_groups: {g: {tasks: [grouped, a], inputs: {least: 1}, outputs: {score: "1"}}, h0: {groups: [g], inputs: {most: 2}}}
        subflows: {s: {inputs: {depth: {type: number}}, outputs: {found: "1"}, tasks: {x: {command: {executable: x}}}}}
        agents: {w: {description: d, inputs: {tone: {type: string}}, outputs: {text: "1"}}}

        """;

    private const string Tasks = """
          build: {command: {executable: x}, outputs: {version: "1"}}
          plain: {command: {executable: x}}
          outer: {subtasks: [inner: {command: {executable: x}}]}
          grouped: {description: d, agent: w}
        """;

    [Theory]
    [InlineData("os: [\"${workflow.rot}\"]", "PPL204")]
    [InlineData("os: [a], include: [{os: \"${workflow.rot}\"}]", "PPL204")]
    [InlineData("os: [a], exclude: [{os: \"${workflow.rot}\"}]", "PPL204")]
    [InlineData("os: [\"${workflow.root}\"], include: [{os: \"${workflow.root}\"}], exclude: [{os: \"${workflow.root}\"}]")]
    public void References_in_a_matrix_lead_somewhere(string matrix, params string[] codes) =>
        Checked.Codes($"inputs: {{root: {{type: string}}}}\ntasks: {{a: {{command: {{executable: x}}, matrix: {{{matrix}}}}}}}")
            .ShouldBe(codes);

    [Theory]
    [InlineData("${workflow.root} ${workflow.report} ${input.root}")]
    [InlineData("${root}")]
    [InlineData("{{workflow.root}} {{root}}")]
    [InlineData("${secret.key} ${env.HOME} ${metadata.workflow_name} ${execution.id} ${state.anything}")]
    [InlineData("${task.own} ${task.made} ${own}")]
    [InlineData("${task.build.output} ${task.build.output.items[0].id} ${task.build.status} ${task.build.error} ${task.build.exit_code}")]
    [InlineData("${task.build.outputs.version} ${task.build.version} ${task.plain.outputs.anything}")]
    [InlineData("${task.outer.inner.output}")]
    [InlineData("${agent.tone} ${subflow.depth} ${group.g.score} ${group.g.least} ${group.least} ${group.most}")]
    [InlineData("\\${workflow.rot} \\${nowhere.x}")]
    [InlineData("${VAR:-default} ${a + b} $HOME ${}")]
    [InlineData("${workflow.rot}", "PPL204")]
    [InlineData("${input.rot}", "PPL204")]
    [InlineData("{{workflow.rot}}", "PPL204")]
    [InlineData("${secret.kee}", "PPL204")]
    [InlineData("${task.nothing}", "PPL204")]
    [InlineData("${task.build}", "PPL204")]
    [InlineData("${task.built.output}", "PPL204")]
    [InlineData("${task.build.result}", "PPL204")]
    [InlineData("${task.build.outputs.size}", "PPL204")]
    [InlineData("${task.outer.missing.output}", "PPL204")]
    [InlineData("${loop.item}", "PPL204")]
    [InlineData("${agent.mood}", "PPL204")]
    [InlineData("${subflow.width}", "PPL204")]
    [InlineData("${agent.text}", "PPL204")]
    [InlineData("${subflow.found}", "PPL204")]
    [InlineData("${group.score}", "PPL204")]
    [InlineData("${group.h.score}", "PPL204")]
    [InlineData("${rot}", "PPL205")]
    [InlineData("${workflw.root}", "PPL137")]
    public void References_lead_somewhere(string text, params string[] codes)
    {
        var quoted = text.Replace("\\", "\\\\", StringComparison.Ordinal);
        Checked.Codes(
            $"{Surroundings}tasks:\n{Tasks}\n"
            + $"  a: {{command: {{executable: x}}, inputs: {{own: 1}}, outputs: {{made: x}}, description: \"{quoted}\"}}").ShouldBe(codes);
    }

    [Theory]
    [InlineData("description: \"${a.b}\", command: {executable: x}", DiagnosticSeverity.Error)]
    [InlineData("inputs: {i: [{k: \"${a.b}\"}]}, command: {executable: x}", DiagnosticSeverity.Error)]
    [InlineData("description: \"{{a.b}}\", command: {executable: x}", DiagnosticSeverity.Warning)]
    [InlineData("description: \"${a.b.c}\", command: {executable: x}", DiagnosticSeverity.Warning)]
    [InlineData("output: \"${a.b}\", command: {executable: x}", DiagnosticSeverity.Warning)]
    [InlineData("llm: {provider: echo, model: m, prompt: \"${a.b}\"}", DiagnosticSeverity.Warning)]
    [InlineData("http: {method: GET, url: \"https://example.com/${a.b}\"}", DiagnosticSeverity.Warning)]
    [InlineData("subtasks: [x: {description: \"${a.b}\", command: {executable: x}}]", DiagnosticSeverity.Warning)]
    public void An_unknown_scope_is_an_error_where_it_always_was_one(string task, DiagnosticSeverity severity)
    {
        var found = Checked.Rules($"tasks: {{t: {{{task}}}}}").ShouldHaveSingleItem();

        (found.Code, found.Severity).ShouldBe(("PPL137", severity));
    }

    [Theory]
    [InlineData("script: {language: bash, content: \"echo ${a.b} ${HOME} {{x}} ${workflow.rot}\"}")]
    [InlineData("command: {executable: \"${a.b}\", args: [\"${HOME}\", \"${workflow.rot}\"]}")]
    [InlineData("script: {language: bash, content: x, env: {A: \"${HOME}\", B: \"${a.b}\", C: \"${secret.key}\"}}")]
    [InlineData("script: {language: bash, content: x, env: {A: \"${secret.kee}\"}}", "PPL204")]
    [InlineData("command: {executable: x, working_dir: \"${workflow.rot}\"}", "PPL204")]
    public void Scripts_and_commands_have_braces_of_their_own(string task, params string[] codes) =>
        Checked.Codes($"{Surroundings}tasks:\n{Tasks}\n  a: {{{task}}}").ShouldBe(codes);

    [Theory]
    [InlineData("loop: {type: for_each, iterator: file, collection: {source: inline, items: [1]}}", "${task.file} ${loop.file} ${file.name} {{file}} ${iteration} ${task.iteration} ${task.loop_index} ${loop.index} ${loop.item}")]
    [InlineData("loop: {type: repeat, count: 2, iterator: n}", "${task.n}")]
    [InlineData("loop: {type: while, condition: {type: never}, max_iterations: 2, iteration_variable: n}", "${task.n}")]
    [InlineData("matrix: {os: [linux]}", "${task.os} ${loop.os}")]
    [InlineData("loop: {type: repeat, count: 2}", "${task.n}", "PPL204")]
    public void Loop_variables_are_known_inside_the_loop(string loop, string text, params string[] codes)
    {
        Checked.Codes($"tasks: {{a: {{{loop}, command: {{executable: x}}, description: \"{text}\"}}}}").ShouldBe(codes);
        Checked.Codes($"tasks: {{a: {{{loop}, subtasks: [b: {{command: {{executable: x}}, description: \"{text}\"}}]}}}}").ShouldBe(codes);
    }

    [Fact]
    public void A_subflow_sees_its_own_inputs() =>
        Checked.Codes(
            "subflows: {s: {inputs: {depth: {type: number}}, "
            + "tasks: {x: {command: {executable: x}, description: \"${workflow.depth} ${input.depth}\"}}}}").ShouldBeEmpty();

    [Theory]
    [InlineData("task.build.status === 'completed' && success()")]
    [InlineData("${workflow.root} == 'x'")]
    [InlineData("workflow.root.length > 3 && [1, 2].includes(2)")]
    [InlineData("task.built.status === 'completed'", "PPL204")]
    [InlineData("nothing > 3", "PPL205")]
    [InlineData("a.b > 3", "PPL137")]
    [InlineData("1 +", "PPL331")]
    public void Expressions_are_read_before_they_run(string expression, params string[] codes)
    {
        Checked.Codes($"{Surroundings}tasks:\n{Tasks}\n  a: {{command: {{executable: x}}, if: \"{expression}\"}}").ShouldBe(codes);
        Checked.Codes($"{Surroundings}tasks:\n{Tasks}\n  a: {{command: {{executable: x}}, condition: {{not: \"{expression}\"}}}}").ShouldBe(codes);
    }

    [Fact]
    public void Hints_name_what_was_probably_meant()
    {
        var found = Checked.Rules(
            $"{Surroundings}tasks:\n{Tasks}\n"
            + "  a: {command: {executable: x}, description: \"${workflow.rot} ${task.build} ${sekret.key}\"}");

        found.Select(d => d.Hint).ShouldBe(
            ["Did you mean 'root'?", "A task has output, outputs.NAME, status, error and exit_code: ${task.build.output}.", "Did you mean 'secret'?"]);
    }
}
