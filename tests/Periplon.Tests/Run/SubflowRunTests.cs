using System.Text.Json;
using Periplon.Commands;
using Periplon.Tests.Commands;

namespace Periplon.Tests.Run;

/// <summary>Runs with subflows and loops, as people see them.</summary>
public sealed class SubflowRunTests : IDisposable
{
    private const string Nested = """
        name: nested
        version: "1"
        inputs: {who: {type: string, required: true}}
        subflows:
          say:
            inputs: {to: {type: string, required: true}}
            tasks:
              say: {command: {executable: echo, args: ["Hello, ${input.to}"]}}
            outputs: {text: "${task.say.output}"}
          twice:
            inputs: {to: {type: string, required: true}}
            tasks:
              inner: {subflow: say, inputs: {to: "${input.to} again"}}
            outputs: {text: "${task.inner.outputs.text}"}
        tasks:
          a: {subflow: say, inputs: {to: "${input.who}"}}
          b: {depends_on: [a], subflow: twice, inputs: {to: "${input.who}"}}
        outputs: {text: "${task.b.outputs.text}"}
        """;

    private readonly CommandFixture _fixture = new();

    public SubflowRunTests() => _fixture.Write("flow.yaml", Nested);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Run_Subflows_ShowsTheirTasksBelowTheTaskThatRunsThem()
    {
        (await _fixture.RunAsync("run", "flow.yaml", "-i", "who=Ada", "-v")).ShouldBe(ExitCode.Ok, Printed);

        var lines = Printed.Split('\n').Select(line =>
            string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1))).ToList();
        lines.ShouldContain("a/say started");
        lines.ShouldContain("a/say | Hello, Ada");
        lines.ShouldContain("b/inner/say | Hello, Ada again");
        lines.Count(line => line.StartsWith("b/inner/say completed", StringComparison.Ordinal)).ShouldBe(1);
        Printed.ShouldContain("nested completed: 2 of 2 tasks completed");
    }

    [Fact]
    public async Task Run_Subflows_AreOneRun()
    {
        await _fixture.RunAsync("run", "flow.yaml", "-i", "who=Ada");
        (await _fixture.RunAsync("list", "--all", "--json")).ShouldBe(ExitCode.Ok);
        var flow = Json().GetProperty("workflows")[0];
        flow.GetProperty("executions").GetArrayLength().ShouldBe(1);
        (flow.GetProperty("completed_tasks").GetInt32(), flow.GetProperty("total_tasks").GetInt32()).ShouldBe((2, 2));

        (await _fixture.RunAsync("status", "nested", "--json")).ShouldBe(ExitCode.Ok);
        Json().GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("id").GetString())
            .ShouldBe(["a", "b", "a/say", "b/inner", "b/inner/say"], ignoreOrder: true);
        await _fixture.RunAsync("status", "nested");
        Printed.ShouldContain("\n  say ");
        Printed.ShouldContain("\n    say ");

        (await _fixture.RunAsync("clean", "nested", "--yes")).ShouldBe(ExitCode.Ok);
        Directory.EnumerateFiles(Path.Combine(_fixture.Directory, ".workflow_states"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task Resume_TheNewestExecutionIsASubflow_FindsTheRun()
    {
        await _fixture.RunAsync("run", "flow.yaml", "-i", "who=Ada");
        (await _fixture.RunAsync("run", "flow.yaml", "--resume", "--json")).ShouldBe(ExitCode.Ok, _fixture.Error.ToString());
        Json().GetProperty("outputs").GetProperty("text").GetString().ShouldBe("Hello, Ada again");
    }

    [Fact]
    public async Task Run_FailureInASubflow_ShowsWhereAndItsLines()
    {
        _fixture.Write("flow.yaml", """
            name: failing
            version: "1"
            subflows:
              bad: {tasks: {broken: {script: {language: bash, content: "echo what happened; exit 3"}}}}
            tasks:
              call: {subflow: bad}
            """);
        (await _fixture.RunAsync("run", "flow.yaml")).ShouldBe(ExitCode.Failure);
        Printed.ShouldContain("call/broken failed");
        Printed.ShouldContain("  | what happened");
        Printed.ShouldContain("failing failed: 0 of 1 tasks completed");
    }

    [Fact]
    public async Task Run_LongLoop_IsNotToldIterationByIteration()
    {
        _fixture.Write("loop.yaml", """
            name: long
            version: "1"
            tasks:
              each:
                loop: {type: repeat, count: 30}
                script: {language: bash, content: "[ ${loop.index} != 7 ]"}
            """);
        (await _fixture.RunAsync("run", "loop.yaml")).ShouldBe(ExitCode.Failure);
        Printed.ShouldContain("30 iterations (1 failed)");
        Printed.ShouldContain("each[7]");
        Printed.ShouldNotContain("each[8]");

        await _fixture.RunAsync("run", "loop.yaml", "-v");
        Printed.ShouldContain("each[8]");
        Printed.ShouldContain("each[29]");
    }

    private string Printed => _fixture.Out.ToString();

    private JsonElement Json() => JsonDocument.Parse(Printed).RootElement;
}
