using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Validation;

public sealed class RunnableCheckTests
{
    [Theory]
    [InlineData("script: {language: python, content: x}")]
    [InlineData("script: {language: csharp, file: x.cs}")]
    [InlineData("command: {executable: x}")]
    [InlineData("http: {method: GET, url: \"https://example.com\"}")]
    [InlineData("llm: {provider: echo, model: m, prompt: p}")]
    [InlineData("command: {executable: x}, priority: 1, parallel_with: [b], depends_on: [b], output: out.txt, timeout_secs: 5")]
    [InlineData("command: {executable: x}, on_error: {retry: 2}, retry: {max_attempts: 2}, continue_on_error: true")]
    [InlineData("command: {executable: x}, if: success(), condition: {type: state_exists, key: k}, set_state: {k: 1}")]
    [InlineData("command: {executable: x}, outputs: {o: {source: {type: file, path: x}}}, limits: {max_stdout_bytes: 10}")]
    [InlineData("command: {executable: x}, labels: {a: b}, worker_tags: [linux], inject_context: true, context: {mode: none}")]
    [InlineData("loop: {type: repeat, count: 2}, command: {executable: x}")]
    [InlineData("loop_control: {collect_results: true}, command: {executable: x}")]
    [InlineData("subtasks: [x: {command: {executable: x}}]")]
    [InlineData("description: d, agent: w", "PPL404")]
    [InlineData("subtasks: [x: {description: d, agent: w}]", "PPL404")]
    [InlineData("mcp_tool: {server: s, tool: t}", "PPL405")]
    [InlineData("subflow: s")]
    [InlineData("uses: t@1")]
    [InlineData("embed: t@1")]
    [InlineData("uses_workflow: \"g:w\"")]
    [InlineData("command: {executable: x}, definition_of_done: {criteria: []}")]
    [InlineData("command: {executable: x}, on_complete: {notify: done}")]
    [InlineData("command: {executable: x}, on_complete: {notify: {message: m, channels: [{type: console}, {type: file, path: p}]}}")]
    [InlineData("command: {executable: x}, on_complete: {notify: {message: m, channels: [{type: ntfy, topic: t}]}}", "PPL411")]
    [InlineData("command: {executable: x}, on_error: {notify: {message: m, channels: [{type: ntfy, topic: t}]}}", "PPL411")]
    [InlineData("command: {executable: x}, on_error: {notify: failed}")]
    [InlineData("command: {executable: x}, group: g")]
    [InlineData("command: {executable: x}, on_failure: {x: {command: {executable: x}}}")]
    [InlineData("command: {executable: x}, finally: {x: {command: {executable: x}}}")]
    [InlineData("switch: {on: x, cases: {}}")]
    [InlineData("command: {executable: x}, matrix: {os: [linux]}")]
    [InlineData("sleep: 5")]
    [InlineData("wait_for: {signal: go}")]
    [InlineData("approval: {message: m}")]
    [InlineData("command: {executable: x}, concurrency: k")]
    [InlineData("command: {executable: x}, rate_limit: 5")]
    [InlineData("llm: {provider: openai, model: m, prompt: p}", "PPL426")]
    [InlineData("command: {executable: x}, on_error: {fallback_agent: w}", "PPL427")]
    public void A_task_runs_or_is_refused(string task, params string[] codes) =>
        Codes(
            "agents: {w: {description: d}}\ntask_groups: {g: {description: d}}\n"
            + $"tasks: {{a: {{{task}}}, b: {{command: {{executable: x}}}}}}").ShouldBe(codes);

    [Theory]
    [InlineData("max_parallel: 2\nfail_fast: true\ntimeout_secs: 9\nlabels: {a: b}\nenv: [HOME]\nlimits: {max_stdout_bytes: 10}")]
    [InlineData("inputs: {i: {type: string}}\noutputs: {o: x}\nsecrets: {s: {source: {type: value, value: x}}}")]
    [InlineData("defaults: {retry: 2, timeout_secs: 5, worker_tags: [linux], env: {A: b}}")]
    [InlineData("agents: {w: {description: d}}\ntools: {allowed: [Read]}\nmcp_servers: {m: {type: stdio}}\nimports: {g: t@1}")]
    [InlineData("communication: {channels: {c: {description: d, participants: [], message_format: text}}}")]
    [InlineData("subflows: {s: {tasks: {x: {description: d, agent: w, loop: {type: repeat, count: 2}}}}}")]
    [InlineData("task_groups: {g: {tasks: [nothing]}}")]
    [InlineData("notifications: {notify_on_start: true}")]
    [InlineData("workflows: {m: {tasks: [a], execution_mode: sequential}}")]
    [InlineData("workflows: {m: {steps: [], hooks: {}}}")]
    [InlineData("notifications: {default_channels: [{type: console}, {type: file, path: p}]}")]
    [InlineData("notifications: {default_channels: [{type: console}, {type: ntfy, topic: t}]}", "PPL412")]
    [InlineData("agents: {w: {description: d, provider: echo}}\ndefaults: {on_error: {fallback_agent: w}}")]
    [InlineData("task_groups: {g: {tasks: [a]}}")]
    [InlineData("workflows: {m: {steps: [{stage: s, agents: [], tasks: []}]}}")]
    [InlineData("workflows: {m: {hooks: {on_error: [echo]}}}")]
    [InlineData("on_failure: {x: {command: {executable: x}}}")]
    [InlineData("finally: {x: {command: {executable: x}}}")]
    [InlineData("concurrency: k")]
    [InlineData("agents: {w: {description: d}}\ndefaults: {on_error: {fallback_agent: w}}", "PPL427")]
    public void A_section_runs_or_is_refused(string section, params string[] codes) =>
        Codes($"{section}\ntasks: {{a: {{command: {{executable: x}}}}}}").ShouldBe(codes);

    [Fact]
    public void A_task_without_execution_type_takes_the_default_agent()
    {
        Codes("agents: {w: {description: d}}\ndefaults: {agent: w}\ntasks: {a: {description: d}}").ShouldBe(["PPL404"]);
        Codes("defaults: {agent: w}\ntasks: {a: {command: {executable: x}}}").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("agents: {w: {description: d}}, tasks: {x: {description: d, agent: w}}", "PPL404")]
    [InlineData("agents: {w: {description: d, provider: echo}}, tasks: {x: {description: d, agent: w}}")]
    [InlineData("agents: {w: {description: d}}, tasks: {x: {description: d, subtasks: [y: {description: d, agent: w}]}}", "PPL404")]
    [InlineData("agents: {w: {description: d}}, tasks: {x: {command: {executable: x}, on_error: {fallback_agent: w}}}", "PPL427")]
    [InlineData("agents: {main: {description: d}}, tasks: {x: {description: d, agent: main}}", "PPL404")]
    [InlineData("agents: {main: {description: d, provider: openai}}, tasks: {x: {description: d}}", "PPL404")]
    [InlineData("tasks: {x: {description: d}}")]
    public void An_agent_of_a_subflow_runs_or_is_refused(string subflow, params string[] codes) =>
        Codes(
            $"agents: {{main: {{description: d, provider: echo}}}}\ndefaults: {{agent: main}}\nsubflows: {{s: {{{subflow}}}}}\n"
            + "tasks: {a: {subflow: s}}").ShouldBe(codes);

    [Fact]
    public void The_default_agent_of_the_workflow_is_refused_in_a_subflow_too() =>
        Codes(
            "agents: {main: {description: d}}\ndefaults: {agent: main}\nsubflows: {s: {tasks: {x: {description: d}}}}\n"
            + "tasks: {a: {subflow: s}}").ShouldBe(["PPL404"]);

    [Theory]
    [InlineData("provider: openai\nagents: {w: {description: d}}\ntasks: {a: {description: d, agent: w}}", "'openai'")]
    [InlineData("provider: openai\nagents: {w: {description: d, provider: codex}}\ntasks: {a: {description: d, agent: w}}", "'codex'")]
    [InlineData("agents: {w: {description: d, provider: script}}\ntasks: {a: {description: d, agent: w}}", "no script of answers")]
    [InlineData("tasks: {a: {llm: {provider: script, model: m, prompt: p}}}", "no script of answers")]
    [InlineData("provider: echo\nagents: {w: {description: d}}\ntasks: {a: {description: d, agent: w}}", null)]
    public void A_model_runs_by_echo_or_a_script(string yaml, string? problem)
    {
        var workflow = WorkflowParser.Parse(Checked.Named(yaml)).Workflow!;

        RunnableCheck.Check(workflow, new RunnableOptions { HasModelScript = true }).ShouldBeEmpty();
        var refusals = RunnableCheck.Check(workflow);
        if (problem is null)
        {
            refusals.ShouldBeEmpty();
        }
        else
        {
            var refusal = refusals.ShouldHaveSingleItem();
            refusal.Message.ShouldStartWith("Task 'a' needs ");
            refusal.Message.ShouldContain(problem);
            refusal.Hint!.ShouldContain("--ai-script");
        }
    }

    [Fact]
    public void A_channel_that_is_not_run_is_named()
    {
        var workflow = WorkflowParser.Parse(Checked.Named(
            "tasks:\n  a:\n    command: {executable: x}\n    on_complete:\n      notify: {message: m, channels: [{type: console}, "
            + "{type: pager_duty, integration_key: k, action: trigger}]}")).Workflow!;

        var refusal = RunnableCheck.Check(workflow).ShouldHaveSingleItem();

        refusal.Path.ShouldBe("tasks.a.on_complete.notify.channels[1]");
        refusal.Message.ShouldContain("Task 'a' needs on_complete.notify through 'pager_duty'");
    }

    [Fact]
    public void A_refusal_names_the_task_and_the_construct()
    {
        var workflow = WorkflowParser.Parse(Checked.Named("tasks:\n  build:\n    mcp_tool: {server: s, tool: t}")).Workflow!;

        var refusal = RunnableCheck.Check(workflow).ShouldHaveSingleItem();

        refusal.ToString().ShouldBe("3:5: error PPL405: Task 'build' needs mcp_tool, which this version loads but does not run.");
        refusal.Path.ShouldBe("tasks.build.mcp_tool");
    }

    private static string[] Codes(string yaml)
    {
        var parsed = WorkflowParser.Parse(Checked.Named(yaml));
        parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics));
        return [.. RunnableCheck.Check(parsed.Workflow).Select(d => d.Code).Order(StringComparer.Ordinal)];
    }
}
