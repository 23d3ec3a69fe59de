using System.Text;
using System.Text.Json;
using Periplon.Core.Contexts;
using Periplon.Core.Tests.Executions;
using Periplon.Core.Tests.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Contexts;

public sealed class ProgressSummaryTests
{
    private const string Chain = """
        agents: {w: {description: d, provider: echo}}
        tasks:
          fetch: {command: {executable: x}}
          other: {command: {executable: x}}
          clean: {command: {executable: x}, depends_on: [fetch]}
          write: {description: Write, agent: w, depends_on: [clean], output: "out/${workflow.name}.md", OPTIONS}
        """;

    [Fact]
    public void Of_InjectContext_ShowsRelevantOutputsWholeAndOthersByTheirBeginning()
    {
        var text = AfterChain("inject_context: true").ShouldNotBeNull();

        text.ShouldStartWith("Workflow 'example', version 1: 75 % done, 3 of 4 tasks.\n");
        text.ShouldContain("\nThe output of this task is written to: out/example.md\n");
        text.ShouldContain("Completed tasks: fetch, other, clean\n");
        text.ShouldContain("\nOutput of task 'clean':\ncleaned\n");
        text.ShouldEndWith(
            "\nBeginning of the output of task 'other':\nelse\n\nBeginning of the output of task 'fetch':\nfetched");
    }

    [Theory]
    [InlineData("inject_context: false")]
    [InlineData("context: {mode: none}")]
    public void Of_NotAskedFor_IsNothing(string options) => AfterChain(options).ShouldBeNull();

    [Theory]
    [InlineData("context: {}", "clean")]
    [InlineData("context: {min_relevance: 0.4}", "clean fetch")]
    [InlineData("context: {min_relevance: 0.4, max_tasks: 1}", "clean")]
    [InlineData("context: {min_relevance: 0.4, exclude_tasks: [clean]}", "fetch")]
    [InlineData("context: {include_tasks: [other]}", "other clean")]
    [InlineData("context: {mode: manual, include_tasks: [other, fetch]}", "other fetch")]
    [InlineData("context: {mode: manual, include_tasks: [other, fetch], exclude_tasks: [other]}", "fetch")]
    [InlineData("inject_context: true, context: {mode: none}", "")]
    [InlineData("inject_context: true, limits: {max_context_tasks: 1}", "clean")]
    [InlineData("inject_context: true, limits: {max_context_tasks: 2}", "clean other")]
    [InlineData("inject_context: true, limits: {max_context_bytes: 9}", "clean")]
    [InlineData("inject_context: true, limits: {cleanup_strategy: {type: direct_dependencies}}", "clean")]
    [InlineData("inject_context: true, limits: {cleanup_strategy: {type: most_recent, keep_count: 2}}", "clean other")]
    [InlineData("inject_context: true, limits: {cleanup_strategy: {type: highest_relevance, keep_count: 2}}", "clean fetch")]
    public void Of_ContextAndLimits_ChooseTheOutputs(string options, string expected) =>
        string.Join(' ', TasksIn(AfterChain(options))).ShouldBe(expected);

    [Fact]
    public void Of_LeastRecentlyUsed_KeepsWhatWasReferredToLast()
    {
        var run = Run("""
            agents: {w: {description: d, provider: echo}}
            limits: {cleanup_strategy: {type: lru, keep_count: 1}}
            tasks:
              a: {command: {executable: x}}
              b: {command: {executable: x}, depends_on: [a]}
              reader: {command: {executable: x, args: ["${task.a.output}"]}, depends_on: [b]}
              write: {description: Write, agent: w, depends_on: [a, b, reader], inject_context: true}
            """);
        foreach (var (task, output) in new[] { ("a", "from a"), ("b", "from b"), ("reader", null) })
        {
            run.Tick(10);
            run.Complete(task, output);
        }

        TasksIn(Of(run, "write")).ShouldBe(["a"]);
    }

    [Fact]
    public void Of_OutputTooLong_IsCutBetweenCharactersAndSaysSo()
    {
        var text = AfterChain("context: {max_bytes: 121}", clean: new string('é', 300)).ShouldNotBeNull();

        text.ShouldContain($"Output of task 'clean':\n{new string('é', 60)} […]");
        text.ShouldNotContain(new string('é', 61));
    }

    [Fact]
    public void Of_OutputOfAnotherTask_IsShownByItsFirst500Bytes()
    {
        var text = AfterChain("inject_context: true", other: new string('語', 300)).ShouldNotBeNull();

        Encoding.UTF8.GetByteCount(new string('語', 166)).ShouldBe(498);
        text.ShouldContain($"task 'other':\n{new string('語', 166)} […]");
        text.ShouldNotContain(new string('語', 167));
    }

    [Fact]
    public void Of_FailedTasks_AreListedWithTheirErrors()
    {
        var run = Run("""
            agents: {w: {description: d, provider: echo}}
            tasks:
              broken: {command: {executable: x}}
              group: {subtasks: [{inner: {command: {executable: x}}}]}
              write: {description: Write, agent: w, depends_on: [broken, group], if: always(), inject_context: true}
            """);
        run.Fail("broken");
        run.Fail("group.inner");

        Of(run, "write").ShouldEndWith("\nFailed tasks:\n- broken: it failed\n- group.inner: it failed");
    }

    [Fact]
    public void Of_NestedTask_SeesItsSiblingsAndWhatIsAroundIt()
    {
        var run = Run("""
            agents: {w: {description: d, provider: echo}}
            tasks:
              fetch: {command: {executable: x}}
              build:
                depends_on: [fetch]
                inject_context: true
                subtasks:
                  - compile: {command: {executable: x}}
                  - write: {description: Write, agent: w, depends_on: [compile]}
              report: {description: Report, agent: w, depends_on: [build], context: {min_relevance: 1}}
            """);
        run.Complete("fetch", "fetched");
        run.Complete("build.compile", "compiled");

        TasksIn(Of(run, "build.write")).ShouldBe(["build.compile", "fetch"], ignoreOrder: true);
        Of(run, "build.write").ShouldNotBeNull().ShouldNotContain("Beginning");

        // Whoever depends on a group sees what is inside it.
        run.Complete("build.write", "written");
        TasksIn(Of(run, "report")).ShouldBe(["build.compile", "build.write"], ignoreOrder: true);
    }

    [Fact]
    public void Of_TaskInALoop_MeansTheSiblingOfItsOwnIteration()
    {
        var run = Run("""
            agents: {w: {description: d, provider: echo}}
            tasks:
              each:
                loop: {type: for_each, collection: {source: inline, items: [1, 2]}, iterator: n, parallel: true}
                subtasks:
                  - read: {command: {executable: x}}
                  - write: {description: Write, agent: w, depends_on: [read], context: {mode: manual, include_tasks: [read]}}
            """);
        run.Complete("each[0].read", "first");
        run.Complete("each[1].read", "second");

        TasksIn(Of(run, "each[0].write")).ShouldBe(["each[0].read"]);
        TasksIn(Of(run, "each[1].write")).ShouldBe(["each[1].read"]);
    }

    [Fact]
    public void Of_SecretInputInAnOutput_IsMaskedWholeAndAcrossACut()
    {
        const string Secret = "correct-horse-battery";
        var run = Run(
            """
            agents: {w: {description: d, provider: echo}}
            inputs: {token: {type: string, secret: true}}
            tasks:
              a: {command: {executable: x}}
              b: {command: {executable: x}}
              write: {description: Write, agent: w, depends_on: [a], inject_context: true, output: "${workflow.token}.txt"}
            """,
            new Dictionary<string, JsonElement> { ["token"] = JsonSerializer.SerializeToElement(Secret) });
        run.Complete("a", $"the token {Secret} is used");
        run.Complete("b", new string('x', ProgressSummary.ShortBytes - 10) + Secret);

        var text = Of(run, "write").ShouldNotBeNull();
        text.ShouldContain("the token *** is used");
        text.ShouldContain("written to: ***.txt");
        text.ShouldNotContain("correct");
    }

    [Theory]
    [InlineData("llm: {provider: echo, model: m, prompt: p}", true)]
    [InlineData("command: {executable: x}", false)]
    [InlineData("command: {executable: x}, on_error: {fallback_agent: w}", false)]
    public void Of_OtherKinds_OnlyModelsAreTold(string kind, bool told)
    {
        var run = Run($$$"""
            agents: {w: {description: d, provider: echo}}
            tasks:
              a: {command: {executable: x}}
              b: {depends_on: [a], inject_context: true, {{{kind}}} }
            """);
        run.Complete("a", "done");

        (Of(run, "b") is not null).ShouldBe(told);
    }

    [Fact]
    public void Of_FallbackAgent_IsTold()
    {
        var run = Run("""
            agents: {w: {description: d, provider: echo}}
            tasks:
              a: {command: {executable: x}}
              b: {description: B, depends_on: [a], inject_context: true, command: {executable: x}, on_error: {fallback_agent: w}}
            """);
        run.Complete("a", "done");
        run.Fail("b");

        run.Task("b").Agent.ShouldBe("w");
        TasksIn(Of(run, "b")).ShouldBe(["a"]);
    }

    [Fact]
    public void Of_NothingHasHappened_IsNothing() =>
        Of(Run("agents: {w: {description: d, provider: echo}}\ntasks: {a: {description: A, agent: w, inject_context: true}}"), "a")
            .ShouldBeNull();

    [Fact]
    public void Of_ManyTasks_NamesTheNewest()
    {
        var names = string.Join(", ", Enumerable.Range(0, 60).Select(i => $"t{i}"));
        var tasks = string.Join('\n', Enumerable.Range(0, 60).Select(i => $"  t{i}: {{command: {{executable: x}}}}"));
        var run = Run($"max_parallel: 100\nagents: {{w: {{description: d, provider: echo}}}}\ntasks:\n{tasks}\n"
            + $"  z: {{description: Z, agent: w, inject_context: true, depends_on: [{names}]}}");
        for (var i = 0; i < 60; i++)
        {
            run.Complete($"t{i}");
        }

        Of(run, "z").ShouldEndWith("t58, t59, and 10 before them");
    }

    private static string? AfterChain(string options, string clean = "cleaned", string other = "else")
    {
        var run = Run(Chain.Replace("OPTIONS", options, StringComparison.Ordinal));
        run.Complete("fetch", "fetched");
        run.Tick(1);
        run.Complete("other", other);
        run.Tick(1);
        run.Complete("clean", clean + "\n");
        return Of(run, "write");
    }

    private static MachineHarness Run(string yaml, IReadOnlyDictionary<string, JsonElement>? inputs = null)
    {
        var parsed = WorkflowParser.Parse(Checked.Named(yaml));
        return new MachineHarness(parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics)), inputs);
    }

    private static string? Of(MachineHarness run, string task) => ProgressSummary.Of(run.State, run.Task(task).Instance);

    private static string[] TasksIn(string? text) =>
        [.. text.ShouldNotBeNull().Split('\n').Where(line => line.Contains("utput of task '", StringComparison.Ordinal))
            .Select(line => line.Split('\'')[1])];
}
