using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Http;

namespace Periplon.Commands;

/// <summary><c>periplon start WORKFLOW</c>: starts an execution on a server.</summary>
internal static class StartCommand
{
    private const int LongPollSecs = 30;

    public static Command Create(CommandShell shell)
    {
        var workflow = new Argument<string>("workflow") { Description = "Name or id of the workflow" };
        var inputs = CommonOptions.Inputs();
        var priority =
            new Option<int?>("--priority") { Description = "Order among executions: higher is earlier (default 0)", HelpName = "N" };
        var wait = new Option<bool>("--wait", "-w") { Description = "Wait for the end; exit code 1 unless it completes" };
        return ClientCommand.Create(
            shell, "start", "Start an execution on a server", [workflow, inputs, priority, wait], async (call, cancellationToken) =>
            {
                var given = CommonOptions.ReadInputs(call.Parsed.GetValue(inputs));
                var item = (await call.FindWorkflowAsync(call.Parsed.GetRequiredValue(workflow), cancellationToken)).Value;
                var reply = await call.Http.StartAsync(
                    item.Id, Typed(given, item.Definition), call.Parsed.GetValue(priority), Guid.CreateVersion7(shell.Time.GetUtcNow()),
                    cancellationToken);
                if (!call.Parsed.GetValue(wait))
                {
                    if (call.Json)
                    {
                        return call.Print(reply.Json);
                    }

                    shell.Out.WriteLine($"Started {item.Name} {item.Version}: {reply.Value.Id}");
                    return ExitCode.Ok;
                }

                if (!call.Json)
                {
                    shell.Out.WriteLine($"Started {item.Name} {item.Version}: {reply.Value.Id}");
                }

                var end = await WaitAsync(call, reply.Value.Id, cancellationToken);
                return Report(call, end);
            });
    }

    /// <summary>Long-polls until the execution has ended.</summary>
    public static async Task<Reply<ExecutionItem>> WaitAsync(ClientCall call, string id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var before = call.Shell.Time.GetTimestamp();
            var reply = await call.Http.GetExecutionAsync(id, LongPollSecs, cancellationToken);
            if (reply.Value.IsTerminal)
            {
                return reply;
            }

            // A server that does not know the wait answers at once; it must not be asked in a tight loop.
            var rest = TimeSpan.FromSeconds(1) - call.Shell.Time.GetElapsedTime(before);
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, call.Shell.Time, cancellationToken);
            }
        }
    }

    internal static int Report(ClientCall call, Reply<ExecutionItem> end)
    {
        var item = end.Value;
        if (call.Json)
        {
            call.Print(end.Json);
        }
        else
        {
            call.Shell.Out.WriteLine($"Ended: {item.Status} after {ClientCall.Duration(item.CreatedAt, item.CompletedAt)}");
            if (item.Result.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.String)
            {
                call.Print(item.Result);
            }
        }

        if (item.Status == "completed")
        {
            return ExitCode.Ok;
        }

        call.Shell.WriteError(
            item.Error ?? $"the execution is {item.Status}", call.Json ? [] : [$"See 'periplon executions logs {item.Id}'."]);
        return ExitCode.Failure;
    }

    /// <summary>
    /// The inputs as JSON, by the types that the workflow declares: a declared string stays text, even when it looks like a number.
    /// </summary>
    public static JsonObject Typed(IReadOnlyDictionary<string, string> given, JsonElement definition)
    {
        var typed = new JsonObject();
        foreach (var (name, text) in given)
        {
            typed[name] =
                TypeOf(definition, name) is "number" or "integer" or "boolean" or "object" or "array" && TryParse(text, out var node)
                    ? node
                    : text;
        }

        return typed;
    }

    private static string? TypeOf(JsonElement definition, string name) =>
        definition.ValueKind == JsonValueKind.Object
        && definition.TryGetProperty("inputs", out var inputs) && inputs.ValueKind == JsonValueKind.Object
        && inputs.TryGetProperty(name, out var input) && input.ValueKind == JsonValueKind.Object
        && input.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;

    private static bool TryParse(string text, out JsonNode? node)
    {
        try
        {
            node = JsonNode.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            node = null; // The server names the input and its type better than a parser could.
            return false;
        }
    }
}
