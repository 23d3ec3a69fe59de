using Periplon.Core.Reuse;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Reuse;

public sealed class SubflowsTests
{
    private const string Text = """
        name: w
        version: "1"
        cwd: /srv
        timeout_secs: 60
        fail_fast: true
        concurrency: {key: k}
        secrets: {token: {source: {type: env, var: TOKEN}}}
        inputs: {outer: {type: string}}
        defaults: {agent: helper}
        agents: {helper: {description: d}}
        notifications: {notify_on_start: true, notify_on_failure: false}
        subflows:
          build:
            description: builds
            inputs: {kind: {type: string}}
            outputs: {artifact: "${task.compile.output}"}
            agents: {builder: {description: b}}
            tasks: {compile: {agent: builder, description: c}, rest: {description: r}}
        tasks: {a: {subflow: build}}
        finally: {tidy: {command: {executable: tidy}}}
        """;

    private static readonly WorkflowDefinition Workflow = Parse();

    [Fact]
    public void DefinitionOf_InlineSubflow_HasItsPartsAndInheritsTheRest()
    {
        var child = Subflows.DefinitionOf(Workflow, "build");

        child.Name.ShouldBe("w/build");
        child.Description.ShouldBe("builds");
        child.Inputs.Keys.ShouldBe(["kind"]);
        child.Outputs.Keys.ShouldBe(["artifact"]);
        child.Tasks.Keys.ShouldBe(["compile", "rest"]);
        child.Secrets.Keys.ShouldBe(["token"]);
        child.Cwd.ShouldBe("/srv");
        child.FailFast.ShouldBeTrue();
        child.Subflows.Keys.ShouldBe(["build"]);
    }

    [Fact]
    public void DefinitionOf_WhatOnlyTheWholeWorkflowDoes_IsLeftOut()
    {
        var child = Subflows.DefinitionOf(Workflow, "build");

        child.TimeoutSecs.ShouldBeNull();
        child.Concurrency.ShouldBeNull();
        child.Finally.ShouldBeEmpty();
        child.Notifications.ShouldBe(new NotificationDefaults
        {
            NotifyOnStart = false, NotifyOnFailure = false, NotifyOnWorkflowCompletion = false, DefaultChannels = [],
        });
    }

    [Fact]
    public void DefinitionOf_DefaultAgentOfTheWorkflow_IsAmongTheAgents() =>
        Subflows.DefinitionOf(Workflow, "build").Agents.Keys.ShouldBe(["builder", "helper"]);

    [Fact]
    public void DefinitionOf_UnknownId_NamesThoseThereAre() =>
        Should.Throw<ArgumentException>(() => Subflows.DefinitionOf(Workflow, "bild")).Message.ShouldStartWith(
            "Workflow 'w' has no subflow 'bild'; it has 'build'");

    private static WorkflowDefinition Parse()
    {
        var parsed = WorkflowParser.Parse(Text);
        return parsed.Workflow.ShouldNotBeNull(string.Join('\n', parsed.Diagnostics));
    }
}
