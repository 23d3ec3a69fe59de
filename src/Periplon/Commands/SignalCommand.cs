using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Periplon.Commands;

/// <summary><c>periplon signal ID NAME</c>: sends a signal to an execution of a server.</summary>
internal static class SignalCommand
{
    public static Command Create(CommandShell shell)
    {
        var id = ExecutionsCommand.Id();
        var name = new Argument<string>("name") { Description = "Name of the signal" };
        var payload = new Option<string?>("--payload", "-p")
        {
            Description = "What it brings: JSON; anything else is sent as text", HelpName = "JSON",
        };
        return ClientCommand.Create(
            shell, "signal", "Send a signal to an execution", [id, name, payload], async (call, cancellationToken) =>
            {
                var reply = await call.Http.SignalAsync(
                    call.Parsed.GetRequiredValue(id), call.Parsed.GetRequiredValue(name), Read(call.Parsed.GetValue(payload)),
                    Guid.CreateVersion7(shell.Time.GetUtcNow()), cancellationToken);
                return DecideCommand.Show(call, reply);
            });
    }

    /// <summary>A payload as a person types it: JSON, or a text.</summary>
    public static JsonNode? Read(string? text)
    {
        try
        {
            return text is null ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
