using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Periplon.Tests.Documentation;
using Periplon.Tests.Hosting;

namespace Periplon.Tests.Secrets;

/// <summary>Secrets of every source, used in every place, are found in none of what leaves the engine or is stored.</summary>
public sealed class SecretJourneyTests(SqliteServer fixture, EchoServer echo) : IClassFixture<SqliteServer>, IClassFixture<EchoServer>
{
    private const string FromEnvironment = "env-secret-7Qm2xT9c";
    private const string FromFile = "file-secret-Lw84bZ0r";
    private const string Inline = "inline-secret-Vd35kN1y";
    private const string Variable = "JOURNEY_TOKEN";

    private const string Workflow = """
        name: secret-journey
        version: "1"
        provider: echo
        secrets:
          env: {source: {type: env, var: JOURNEY_TOKEN}}
          file: {source: {type: file, path: "FILE"}}
          inline: {source: {type: value, value: inline-secret-Vd35kN1y}}
        inputs:
          server: {type: string, required: true}
        agents:
          writer: {description: "Writes with ${secret.file}", system_prompt: "Know ${secret.env}"}
        notifications:
          default_channels: [{type: console}, {type: file, path: "NOTICES"}]
        tasks:
          use:
            script:
              language: bash
              env: {A: "${secret.env}", B: "${secret.file}", C: "${secret.inline}"}
              content: |
                echo "printed $A $B $C ${secret.env}"
                printf %s "$A" | base64 -w0; echo
                printf %s "$B" | base64 -w0 >&2; echo "$B" >&2
                echo "::set-output named=$A and $C"
                echo "::set-state kept=$B"
            output: "used.txt"
            cache: {key: "key of ${secret.env}"}
            on_complete: {notify: "used ${secret.env}, ${secret.inline}: ${task.use.output}"}
          ask:
            http:
              method: POST
              url: "${workflow.server}/echo"
              headers: {X-Token: "${secret.env}"}
              body: "sent ${secret.inline} ${secret.file}"
              auth: {type: bearer, token: "${secret.file}"}
          judged:
            description: "Tell ${secret.env} and ${secret.inline}"
            agent: writer
            depends_on: [use, ask]
            inject_context: true
            definition_of_done:
              max_retries: 1
              fail_on_unmet: false
              criteria:
                - type: command_succeeds
                  command: bash
                  args: [-c, "echo unmet ${secret.env}; echo ${secret.file} | base64; exit 1"]
                  description: "never met, because of ${secret.inline}"
          model:
            labels: {team: data}
            llm: {provider: echo, model: m, prompt: "ask ${secret.file}", api_key: "${secret.env}"}
          broken:
            continue_on_error: true
            inputs: {own: "${secret.inline}"}
            command: {executable: bash, args: [-c, "echo broken by ${task.own} ${secret.file} >&2; exit 3"]}
            on_error: {notify: "failed: ${metadata.error} ${secret.file}"}
          missing:
            continue_on_error: true
            command: {executable: "${secret.env}-${secret.file}"}
          child:
            subflow: inner
            depends_on: [use]
            inputs: {given: "${task.use.outputs.named}"}
          again:
            depends_on: [judged]
            command: {executable: echo, args: ["${task.judged.output}", "${state.kept}", "${task.use.output}"]}
        subflows:
          inner:
            inputs: {given: {type: string}}
            tasks:
              inside: {command: {executable: echo, args: ["inside ${secret.env} ${secret.file} ${workflow.given}"]}}
            outputs: {said: "${task.inside.output}"}
        outputs:
          named: "${task.use.outputs.named}"
          text: "${task.again.output}"
          echoed: "${task.ask.output}"
          said: "${task.child.outputs.said}"
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private HttpClient Http => fixture.Server.Http;

    [Fact]
    public async Task Execution_SecretsInEveryPlace_AppearNowhere()
    {
        var folder = Directory.CreateTempSubdirectory("periplon-secrets-").FullName;
        try
        {
            var notices = Path.Combine(folder, "notices.txt");
            var file = Path.Combine(folder, "secret");
            await File.WriteAllTextAsync(file, FromFile + "\n", Ct);
            Environment.SetEnvironmentVariable(Variable, FromEnvironment);
            var text = Workflow.Replace("FILE", file, StringComparison.Ordinal).Replace("NOTICES", notices, StringComparison.Ordinal);

            var stored = await SendAsync("/api/v1/workflows", new StringContent(text, Encoding.UTF8, "application/yaml"));
            var end = await SendAsync("/api/v1/executions?wait=60", JsonContent.Create(new JsonObject
            {
                ["workflow_id"] = stored["id"]!.DeepClone(), ["inputs"] = new JsonObject { ["server"] = echo.Address },
            }));

            var tasks = await Http.GetStringAsync($"/api/v1/executions/{end["id"]}/tasks", Ct);
            ((string)end["status"]!).ShouldBe("completed", $"{end}\n{tasks}");
            tasks.ShouldContain("\"labels\":{\"team\":\"data\"}");
            ((string)end["result"]!["named"]!).ShouldBe("*** and ***");
            ((string)end["result"]!["echoed"]!).ShouldContain("sent *** ***");
            ((string)end["result"]!["said"]!).ShouldStartWith("inside *** *** *** and ***");
            ((string)end["result"]!["text"]!).ShouldContain("Tell *** and ***");
            await ShouldHoldNoneAsync($"{end["id"]}");
            var said = await File.ReadAllTextAsync(notices, Ct);
            said.ShouldContain("used ***, ***: printed *** *** *** ***");
            ShouldHoldNone(said, "the notifications");
            ShouldHoldNoneInFiles();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task ShouldHoldNoneAsync(string id)
    {
        var all = JsonNode.Parse(await Http.GetStringAsync("/api/v1/executions?limit=100", Ct))!.AsObject();
        ShouldHoldNone(all.ToJsonString(), "the list");
        var ids = all["executions"]!.AsArray().Select(one => $"{one!["id"]}").ToList();
        ids.ShouldContain(id);
        foreach (var one in ids)
        {
            foreach (var part in (string[])["", "/tasks", "/events", "/logs?limit=1000", "/why", "/graph"])
            {
                ShouldHoldNone(await Http.GetStringAsync($"/api/v1/executions/{one}{part}", Ct), part);
            }
        }

        var logs = await Http.GetStringAsync($"/api/v1/executions/{id}/logs?limit=1000", Ct);
        logs.ShouldContain("printed *** *** *** ***");
    }

    // The workflow itself is stored as it was written, so its own inline secret is there.
    private void ShouldHoldNoneInFiles()
    {
        var files = Directory.GetFiles(fixture.Server.Directory, "*", SearchOption.AllDirectories);
        files.ShouldContain(file => file.EndsWith(".db", StringComparison.Ordinal), string.Join('\n', files));
        foreach (var file in files)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            ShouldHoldNone(reader.ReadToEnd(), file, FromEnvironment, FromFile);
        }
    }

    private static void ShouldHoldNone(string text, string where) => ShouldHoldNone(text, where, FromEnvironment, FromFile, Inline);

    private static void ShouldHoldNone(string text, string where, params string[] secrets)
    {
        foreach (var secret in secrets)
        {
            text.Contains(secret, StringComparison.Ordinal).ShouldBeFalse($"{where} holds {secret}");
            text.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), StringComparison.Ordinal).ShouldBeFalse(
                $"{where} holds {secret} in Base64");
        }
    }

    private async Task<JsonObject> SendAsync(string path, HttpContent content)
    {
        using var answer = await Http.PostAsync(path, content, Ct);
        var text = await answer.Content.ReadAsStringAsync(Ct);
        ((int)answer.StatusCode).ShouldBe(201, text);
        return JsonNode.Parse(text)!.AsObject();
    }
}
