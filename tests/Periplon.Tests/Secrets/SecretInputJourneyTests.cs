using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Periplon.Tests.Hosting;

namespace Periplon.Tests.Secrets;

/// <summary>The value of a secret input is shown nowhere, whichever way a task came by it.</summary>
public sealed class SecretInputJourneyTests(SqliteServer fixture) : IClassFixture<SqliteServer>
{
    private const string Secret = "input-secret-Hf62pW8u";

    private const string Beginning = """
        name: NAME
        version: "1"
        inputs:
          token: {type: string, secret: true, required: true}
        tasks:

        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private HttpClient Http => fixture.Server.Http;

    [Fact]
    public Task Subflow_PlainInputGivenASecret_PrintsAMark() => RunAsync("subflow", """
          child:
            subflow: inner
            inputs: {given: "Bearer ${input.token}"}
        subflows:
          inner:
            inputs: {given: {type: string}}
            tasks:
              inside: {command: {executable: echo, args: ["seen ${workflow.given}"]}}
            outputs: {said: "${task.inside.output}"}
        outputs:
          said: "${task.child.outputs.said}"
        """);

    [Fact]
    public Task Group_InputMadeOfASecret_PrintsAMarkInside() => RunAsync("group", """
          around:
            inputs: {tok: "${input.token}"}
            subtasks:
              - inside: {command: {executable: echo, args: ["seen ${task.tok}"]}}
        outputs:
          said: "${task.around.inside.output}"
        """);

    [Fact]
    public Task Loop_ItemsHoldASecret_PrintsAMark() => RunAsync("loop", """
          each:
            loop: {type: for_each, iterator: one, collection: {source: inline, items: ["${input.token}", "other"]}}
            command: {executable: echo, args: ["seen ${task.one}"]}
        """);

    [Fact]
    public Task File_ASecretWrittenEarlier_PrintsAMark() => RunAsync("file", """
          write: {script: {language: bash, env: {T: "${input.token}"}, content: 'printf %s "$T" > kept.txt'}}
          read: {depends_on: [write], command: {executable: bash, args: [-c, "echo seen $(cat kept.txt)"]}}
        outputs:
          said: "${task.read.output}"
        """);

    [Fact]
    public Task Planner_OutputsStateAndLimitsMadeOfASecret_ShowAMark() => RunAsync("planner", """
          around:
            subtasks:
              - inside: {command: {executable: echo, args: [seen]}}
            outputs: {held: {value: "seen ${input.token}"}}
            set_state: {kept: "${input.token}"}
          pause:
            sleep: 10ms
            set_state: {paused: "${input.token}"}
          limited:
            depends_on: [around, pause]
            concurrency: {key: "of ${input.token}", limit: 1}
            command: {executable: echo, args: ["seen ${state.kept} ${state.paused}"]}
        outputs:
          said: "${task.limited.output}"
        """);

    [Fact]
    public async Task Events_PagesAfterTheFirst_ShowAMark()
    {
        var id = await StartAsync("pages", """
              each:
                loop: {type: for_each, iterator: one, collection: {source: inline, items: ["${input.token}"]}}
                command: {executable: echo, args: ["seen ${task.one}"]}
            """, wait: 60);

        var (after, shown) = (0L, new StringBuilder());
        while (true)
        {
            var page = JsonNode.Parse(await Http.GetStringAsync($"/api/v1/executions/{id}/events?limit=1&after_seq={after}", Ct))!;
            shown.Append(page["events"]!.ToJsonString());
            if (page["events"]!.AsArray() is not [.., { } last])
            {
                break;
            }

            after = (long)last["seq"]!;
        }

        shown.ToString().ShouldContain("execution_finished");
        shown.ToString().ShouldNotContain(Secret);
    }

    private async Task RunAsync(string name, string tasks)
    {
        var id = await StartAsync(name, tasks, wait: 60);
        var end = JsonNode.Parse(await Http.GetStringAsync($"/api/v1/executions/{id}", Ct))!;
        var shown = await Http.GetStringAsync($"/api/v1/executions/{id}/tasks", Ct);
        ((string)end["status"]!).ShouldBe("completed", $"{end}\n{shown}");
        (shown + end).ShouldContain("***");
        await ShouldHoldNoneAsync();
    }

    private async Task<string> StartAsync(string name, string tasks, int wait)
    {
        var text = Beginning.Replace("NAME", $"secret-input-{name}", StringComparison.Ordinal) + tasks;
        var stored = await SendAsync("/api/v1/workflows", new StringContent(text, Encoding.UTF8, "application/yaml"));
        var started = await SendAsync(wait > 0 ? $"/api/v1/executions?wait={wait}" : "/api/v1/executions", JsonContent.Create(new JsonObject
        {
            ["workflow_id"] = stored["id"]!.DeepClone(), ["inputs"] = new JsonObject { ["token"] = Secret },
        }));
        return $"{started["id"]}";
    }

    // Of all executions, so that those of subflows are among them.
    private async Task ShouldHoldNoneAsync()
    {
        var all = JsonNode.Parse(await Http.GetStringAsync("/api/v1/executions?limit=100", Ct))!["executions"]!.AsArray();
        foreach (var id in all.Select(one => $"{one!["id"]}"))
        {
            foreach (var part in (string[])["", "/tasks", "/events", "/logs?limit=1000", "/why", "/graph"])
            {
                var shown = await Http.GetStringAsync($"/api/v1/executions/{id}{part}", Ct);
                shown.Contains(Secret, StringComparison.Ordinal).ShouldBeFalse($"{part} of {id} holds the secret: {shown}");
            }
        }
    }

    private async Task<JsonObject> SendAsync(string path, HttpContent content)
    {
        using var answer = await Http.PostAsync(path, content, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonNode.Parse(text)!.AsObject();
    }
}
