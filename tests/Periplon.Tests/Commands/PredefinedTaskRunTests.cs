using System.Text.Json.Nodes;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

/// <summary>Workflows with predefined tasks and groups, read and run here.</summary>
public sealed class PredefinedTaskRunTests : IDisposable
{
    private const string Workflow = """
        name: reuse
        version: "1"
        imports: {tools: "text-tools@^1.0.0"}
        inputs: {topic: {type: string, default: bees}}
        tasks:
          one: {uses: "summarize@^1.0.0", inputs: {text: "All about ${workflow.topic}"}}
          two:
            embed: summarize@1.2.0
            overrides: {description: "Write about ${input.text}", timeout_secs: 30}
            inputs: {text: "${task.one.output}"}
            depends_on: [one]
          three: {uses_workflow: "tools:digest", inputs: {text: "${task.two.output}"}, depends_on: [two]}
        outputs:
          text: "${task.three.outputs.text}"
        """;

    private readonly CommandFixture _fixture = new();

    public PredefinedTaskRunTests()
    {
        Write(".claude/tasks/summarize.task.yaml", """
            apiVersion: task/v1
            kind: PredefinedTask
            metadata: {name: summarize, version: 1.2.0}
            spec:
              agent_template: {description: "Summarize ${input.text} in ${input.words} words"}
              inputs:
                text: {type: string, required: true}
                words: {type: integer, default: 20}
            """);
        Write(".periplon/task-groups/text-tools.taskgroup.yaml", """
            apiVersion: taskgroup/v1
            kind: TaskGroup
            metadata: {name: text-tools, version: 1.0.0}
            spec:
              tasks: [{name: summarize, version: ^1.0.0}]
              workflows:
                - name: digest
                  inputs: {text: {type: string, required: true}}
                  tasks: {short: {uses: summarize, inputs: {text: "${input.text}", words: 10}}}
                  outputs: {text: "${task.short.output}"}
            """);
        _fixture.Write("answers.yaml", "rules: [{match: one, answer: Bees fly}]\ndefault: \"<${prompt}>\"\n");
        _fixture.Write("flow.yaml", Workflow);
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Run_UsesEmbedAndAGroupsWorkflow_RunToTheirEnd()
    {
        (await RunAsync()).ShouldBe(ExitCode.Ok, $"{_fixture.Out}{_fixture.Error}");

        ((string)JsonNode.Parse(_fixture.Out.ToString())!["outputs"]!["text"]!)
            .ShouldBe("<Summarize <Write about Bees fly> in 10 words>");
    }

    [Fact]
    public async Task Run_TasksBesideTheWorkflowOfAnotherDirectory_WinOverThoseOfTheWorkingDirectory()
    {
        Write("sub/flow.yaml", """
            name: sub
            version: "1"
            tasks: {a: {uses: "summarize@^1", inputs: {text: x}}}
            outputs: {t: "${task.a.output}"}
            """);
        Write("sub/.claude/tasks/summarize.task.yaml", """
            apiVersion: task/v1
            kind: PredefinedTask
            metadata: {name: summarize, version: 1.2.0}
            spec: {agent_template: {description: "Nearer ${input.text}"}, inputs: {text: {type: string}}}
            """);

        (await RunAsync("sub/flow.yaml")).ShouldBe(ExitCode.Ok, $"{_fixture.Out}{_fixture.Error}");

        ((string)JsonNode.Parse(_fixture.Out.ToString())!["outputs"]!["t"]!).ShouldBe("<Nearer x>");
    }

    [Fact]
    public async Task DryRun_PredefinedTask_ShowsTheAgentThatItBecomes()
    {
        (await _fixture.RunAsync("run", "flow.yaml", "--dry-run", "--ai-script", "answers.yaml")).ShouldBe(ExitCode.Ok);

        _fixture.Out.ToString().ShouldContain("one  agent  summarize_1_2_0 (claude): Summarize All about bees in 20 words");
    }

    [Fact]
    public async Task Graph_PredefinedTask_IsDrawnAsItsAgent()
    {
        (await _fixture.RunAsync("graph", "flow.yaml")).ShouldBe(ExitCode.Ok);

        _fixture.Out.ToString().ShouldContain("one<br/>agent summarize_1_2_0");
    }

    [Fact]
    public async Task Graph_TaskThatIsNotFound_IsDrawnAsItIsWrittenAndNamed()
    {
        _fixture.Write("flow.yaml", Workflow.Replace("summarize@^1.0.0", "other@^1.0.0", StringComparison.Ordinal));

        (await _fixture.RunAsync("graph", "flow.yaml")).ShouldBe(ExitCode.Ok);

        _fixture.Out.ToString().ShouldContain("one");
        _fixture.Error.ToString().ShouldStartWith("flow.yaml:6:9: error PPL521: There is no predefined task 'other'");
    }

    // What is right, what stands there instead, what is found, and the hint or what is allowed.
    public static TheoryData<string, string, string, string> WrongUses => new()
    {
        {
            "summarize@^1.0.0", "summarise@^1.0.0",
            "flow.yaml:6:9: error PPL521: There is no predefined task 'summarise'", "Did you mean 'summarize'?"
        },
        {
            "summarize@^1.0.0", "other@^1.0.0",
            "flow.yaml:6:9: error PPL521: There is no predefined task 'other'", "Files *.task.yaml are looked for in "
        },
        {
            "text-tools@^1.0.0", "tools@^1.0.0",
            "flow.yaml:3:11: error PPL524: There is no predefined group 'tools'", "Files *.taskgroup.yaml are looked for in "
        },
        {
            "summarize@1.2.0", "summarize@2.0.0",
            "error PPL522: No version of the predefined task 'summarize' will do: ", "2.0.0 by tasks.two.embed; found are 1.2.0."
        },
        {
            "inputs: {text: \"All", "inputs: {words: many, text: \"All",
            "flow.yaml:6:44: error PPL528: Task 'one' uses summarize@1.2.0", "the string \"many\"; it must be of type integer."
        },
        { "tools:digest", "tools:digests", "error PPL526: ", "Did you mean 'digest'?" },
    };

    [Theory]
    [MemberData(nameof(WrongUses))]
    public async Task Validate_WrongUse_SaysWhereAndWhatIsAllowed(string right, string wrong, string expected, string hint)
    {
        _fixture.Write("flow.yaml", Workflow.Replace(right, wrong, StringComparison.Ordinal));

        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldContain(expected);
        _fixture.Out.ToString().ShouldContain(hint);
    }

    [Fact]
    public async Task Validate_TaskWhoseFileIsBroken_SaysWhatIsWrongWithTheFile()
    {
        Write(".claude/tasks/other.task.yaml", "apiVersion: task/v1\nkind: PredefinedTask\nmetadata: {name: other, version: one}\n"
            + "spec: {agent_template: {description: x}}\n");
        _fixture.Write("flow.yaml", Workflow.Replace("summarize@^1.0.0", "other@^1.0.0", StringComparison.Ordinal));

        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldContain(
            "other.task.yaml is left out: 3:34: error PPL503: 'metadata.version' must be a version such as 1.2.3");
    }

    [Fact]
    public async Task Validate_FileThatIsNoLongerWhatTheLockfileSays_IsAnError()
    {
        (await _fixture.RunAsync("group", "install", "text-tools@^1.0.0")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Ok, _fixture.Out.ToString());
        foreach (var file in Directory.GetFiles(Path.Combine(_fixture.Directory, ".claude", "tasks")))
        {
            var text = await File.ReadAllTextAsync(file, _fixture.Cancel);
            await File.WriteAllTextAsync(file, text.Replace("Summarize", "Shorten", StringComparison.Ordinal), _fixture.Cancel);
        }

        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Failure);
        _fixture.Out.ToString().ShouldContain("error PPL535: The task 'summarize' is locked at 1.2.0");
        (await RunAsync()).ShouldBe(ExitCode.Failure);
        _fixture.Error.ToString().ShouldContain("error PPL535");
    }

    [Fact]
    public async Task Validate_LockfileThatIsNone_IsNamedWithItsMistakes()
    {
        _fixture.Write("tasks.lock.yaml", "version: 1.0.0\ntasks: 3\n");

        (await _fixture.RunAsync("validate", "flow.yaml")).ShouldBe(ExitCode.Failure);

        _fixture.Out.ToString().ShouldContain("tasks.lock.yaml cannot be used: 2:8: error PPL012: 'tasks' must be a mapping");
    }

    private Task<int> RunAsync(string file = "flow.yaml") => _fixture.RunAsync("run", file, "--ai-script", "answers.yaml", "--json");

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_fixture.Directory, path))!);
        _fixture.Write(path, text);
    }
}
