using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Periplon.Commands;

/// <summary><c>periplon trigger list|create|show|delete|rotate|pause|resume|runs</c>.</summary>
internal static class TriggerCommand
{
    public static Command Create(CommandShell shell) => new("trigger", "Triggers of a server: webhooks, and ends of executions")
    {
        List(shell), CreateNew(shell), Show(shell), Delete(shell), Rotate(shell), Change(shell, "pause", "Let a trigger rest"),
        Change(shell, "resume", "Wake a paused trigger"), Runs(shell),
    };

    private static Argument<string> Trigger() => new("trigger") { Description = "Id or name of the trigger" };

    private static Command List(CommandShell shell)
    {
        var kind = new Option<string?>("--kind") { Description = "Only those of a kind", HelpName = "KIND" };
        kind.AcceptOnlyFromAmong("webhook", "completion");
        return ClientCommand.Create(shell, "list", "List triggers by name", [kind], async (call, cancellationToken) =>
        {
            var all = await AllAsync(call, call.Parsed.GetValue(kind), cancellationToken);
            if (call.Json)
            {
                shell.WriteJson(
                    new JsonObject { ["triggers"] = new JsonArray([.. all.Select(each => JsonNode.Parse(each.GetRawText()))]) });
                return ExitCode.Ok;
            }

            shell.WriteTable(
                ["name", "kind", "status", "does", "id"],
                all.Select(each => (IReadOnlyList<string>)
                [
                    Text(each, "name"), Text(each, "kind"), each.GetProperty("is_paused").GetBoolean() ? "paused" : "active", Deed(each),
                    Text(each, "id"),
                ]));
            return ExitCode.Ok;
        });
    }

    private static Command CreateNew(CommandShell shell)
    {
        var name = new Argument<string>("name") { Description = "Its name" };
        var file = new Option<string?>("--file", "-f")
        {
            Description = "JSON file with the whole trigger; options come on top", HelpName = "FILE",
        };
        var workflow = new Option<string?>("--workflow") { Description = "Workflow that is started", HelpName = "NAME" };
        var after = new Option<string?>("--after")
        {
            Description = "Workflow whose end starts it, instead of a webhook", HelpName = "NAME",
        };
        var status = new Option<string[]>("--status")
        {
            Description = "Only ends with this status; may be given several times", HelpName = "STATUS",
        };
        var scheme = new Option<string?>("--scheme") { Description = "How webhooks are signed", HelpName = "SCHEME" };
        scheme.AcceptOnlyFromAmong("periplon", "github", "stripe", "slack");
        var input = new Option<string[]>("--input", "-i")
        {
            Description = "Where an input comes from, such as ref=body.ref; may be given several times", HelpName = "NAME=PATH",
        };
        var secret = new Option<string?>("--secret-from")
        {
            Description = "Variable that holds the secret which the sender gave; without it one is made", HelpName = "VARIABLE",
        };
        return ClientCommand.Create(
            shell, "create", "Create a trigger", [name, file, workflow, after, status, scheme, input, secret],
            async (call, cancellationToken) =>
            {
                var body = call.Parsed.GetValue(file) is { } path ? ReadFile(shell, path) : [];
                body["name"] = call.Parsed.GetRequiredValue(name);
                Set(body, "workflow", call.Parsed.GetValue(workflow));
                if (call.Parsed.GetValue(after) is { } watched)
                {
                    body["after"] = new JsonObject { ["workflow"] = watched };
                }

                if (call.Parsed.GetValue(status) is { Length: > 0 } statuses)
                {
                    var rule = body["after"] as JsonObject ?? throw Usage("--status belongs to --after");
                    rule["statuses"] = new JsonArray([.. statuses.Select(each => (JsonNode)each)]);
                }

                body["kind"] ??= body["after"] is null ? "webhook" : "completion";
                if (call.Parsed.GetValue(scheme) is { } word)
                {
                    body["signature"] = new JsonObject { ["scheme"] = word };
                }

                foreach (var each in call.Parsed.GetValue(input) ?? [])
                {
                    var equals = each.IndexOf('=', StringComparison.Ordinal);
                    var inputs = body["inputs"] as JsonObject ?? [];
                    inputs[equals > 0 ? each[..equals] : throw Usage($"'{each}' is no input; write NAME=PATH")] = each[(equals + 1)..];
                    body["inputs"] = inputs;
                }

                if (call.Parsed.GetValue(secret) is { } variable)
                {
                    Set(body, "secret", shell.Variables.GetValueOrDefault(variable) ?? throw Usage($"the variable {variable} is not set"));
                }

                var reply = await call.Http.CreateTriggerAsync(body, Guid.CreateVersion7(shell.Time.GetUtcNow()), cancellationToken);
                return Print(call, reply.Json);
            });
    }

    private static Command Show(CommandShell shell)
    {
        var trigger = Trigger();
        return ClientCommand.Create(shell, "show", "Show a trigger", [trigger], async (call, cancellationToken) =>
            Print(call, await FindAsync(call, call.Parsed.GetRequiredValue(trigger), cancellationToken)));
    }

    private static Command Delete(CommandShell shell)
    {
        var trigger = Trigger();
        return ClientCommand.Create(shell, "delete", "Delete a trigger", [trigger], async (call, cancellationToken) =>
        {
            var found = await FindAsync(call, call.Parsed.GetRequiredValue(trigger), cancellationToken);
            await call.Http.DeleteTriggerAsync(Text(found, "id"), cancellationToken);
            shell.Out.WriteLine($"Deleted trigger {Text(found, "name")}");
            return ExitCode.Ok;
        });
    }

    private static Command Rotate(CommandShell shell)
    {
        var trigger = Trigger();
        var secret = new Option<string?>("--secret-from")
        {
            Description = "Variable that holds the new secret; without it one is made", HelpName = "VARIABLE",
        };
        var keep = new Option<int?>("--keep-previous")
        {
            Description = "How long the secret before stays valid, in seconds (default: one day)", HelpName = "SECONDS",
        };
        return ClientCommand.Create(
            shell, "rotate", "Give a webhook a new secret", [trigger, secret, keep], async (call, cancellationToken) =>
            {
                var found = await FindAsync(call, call.Parsed.GetRequiredValue(trigger), cancellationToken);
                var body = new JsonObject();
                if (call.Parsed.GetValue(secret) is { } variable)
                {
                    Set(body, "secret", shell.Variables.GetValueOrDefault(variable) ?? throw Usage($"the variable {variable} is not set"));
                }

                if (call.Parsed.GetValue(keep) is { } seconds)
                {
                    body["keep_previous_secs"] = seconds;
                }

                return Print(call, (await call.Http.ChangeTriggerAsync(Text(found, "id"), "rotate", body, cancellationToken)).Json);
            });
    }

    private static Command Change(CommandShell shell, string verb, string description)
    {
        var trigger = Trigger();
        return ClientCommand.Create(shell, verb, description, [trigger], async (call, cancellationToken) =>
        {
            var found = await FindAsync(call, call.Parsed.GetRequiredValue(trigger), cancellationToken);
            var reply = await call.Http.ChangeTriggerAsync(Text(found, "id"), verb, [], cancellationToken);
            if (call.Json)
            {
                return call.Print(reply.Json);
            }

            shell.Out.WriteLine($"Trigger {Text(found, "name")} is {(verb == "pause" ? "paused" : "active")}");
            return ExitCode.Ok;
        });
    }

    private static Command Runs(CommandShell shell)
    {
        var trigger = Trigger();
        var limit = new Option<int>("--limit") { Description = "Most runs", DefaultValueFactory = _ => 50, HelpName = "N" };
        return ClientCommand.Create(
            shell, "runs", "Show what a trigger did, newest first", [trigger, limit], async (call, cancellationToken) =>
            {
                var found = await FindAsync(call, call.Parsed.GetRequiredValue(trigger), cancellationToken);
                var reply = await call.Http.ListTriggerRunsAsync(Text(found, "id"), call.Parsed.GetValue(limit), cancellationToken);
                if (call.Json)
                {
                    return call.Print(reply.Json);
                }

                shell.WriteTable(
                    ["at", "status", "source", "execution", "detail"],
                    reply.Json.GetProperty("runs").EnumerateArray().Select(each => (IReadOnlyList<string>)
                    [
                        ClientCall.Time(each.GetProperty("created_at").GetDateTimeOffset()), Text(each, "status"), Text(each, "source"),
                        Text(each, "execution_id"), Text(each, "detail"),
                    ]));
                return ExitCode.Ok;
            });
    }

    private static async Task<JsonElement> FindAsync(ClientCall call, string nameOrId, CancellationToken cancellationToken)
    {
        if (Guid.TryParse(nameOrId, out _))
        {
            return (await call.Http.GetTriggerAsync(nameOrId, cancellationToken)).Json;
        }

        var all = await AllAsync(call, null, cancellationToken);
        var found = all.Find(each => Text(each, "name") == nameOrId);
        return found.ValueKind is JsonValueKind.Object
            ? found
            : throw new CommandException($"there is no trigger '{nameOrId}'; see 'periplon trigger list'");
    }

    private static async Task<List<JsonElement>> AllAsync(ClientCall call, string? kind, CancellationToken cancellationToken)
    {
        var all = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = (await call.Http.ListTriggersAsync(kind, 500, cursor, cancellationToken)).Json;
            all.AddRange(page.GetProperty("triggers").EnumerateArray());
            cursor = Text(page, "next_cursor");
        }
        while (cursor.Length > 0);
        return all;
    }

    private static int Print(ClientCall call, JsonElement trigger)
    {
        if (call.Json)
        {
            return call.Print(trigger);
        }

        (string Name, string Value)[] lines =
        [
            ("trigger", Text(trigger, "id")), ("name", Text(trigger, "name")), ("kind", Text(trigger, "kind")),
            ("status", trigger.GetProperty("is_paused").GetBoolean() ? "paused" : "active"), ("does", Deed(trigger)),
            ("path", Text(trigger, "hook_path")), ("secret", Text(trigger, "secret")),
        ];
        foreach (var (name, value) in lines.Where(line => line.Value.Length > 0))
        {
            call.Shell.Out.WriteLine($"{name + ":",-10} {value}");
        }

        if (Text(trigger, "secret").Length > 0)
        {
            call.Shell.Out.WriteLine("The secret is shown this once; give it to the sender.");
        }

        return ExitCode.Ok;
    }

    private static string Deed(JsonElement trigger)
    {
        if (trigger.TryGetProperty("signal", out var signal) && signal.ValueKind is JsonValueKind.Object)
        {
            return $"signals '{Text(signal, "name")}'";
        }

        var started = Text(trigger, "workflow_name") is { Length: > 0 } name ? name : Text(trigger, "workflow_id");
        return trigger.TryGetProperty("after", out var after) && after.ValueKind is JsonValueKind.Object
            ? $"starts {started} after {(Text(after, "workflow") is { Length: > 0 } watched ? watched : Text(after, "workflow_id"))}"
            : $"starts {started}";
    }

    private static JsonObject ReadFile(CommandShell shell, string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(shell.PathOf(path))) as JsonObject
                ?? throw new CommandException($"{path} holds no JSON object");
        }
        catch (JsonException exception)
        {
            throw new CommandException($"{path} is not JSON: {exception.Message}");
        }
    }

    private static void Set(JsonObject body, string name, string? value)
    {
        if (value is not null)
        {
            body[name] = value;
        }
    }

    private static CommandException Usage(string message) => new(message, exitCode: ExitCode.Usage);

    internal static string Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value.ToString() : "";
}
