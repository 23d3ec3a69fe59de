using System.CommandLine;
using System.Text.Json.Nodes;

namespace Periplon.Commands;

/// <summary><c>periplon skip ID TASK</c>: ends a task of an execution, skipped or with an output.</summary>
internal static class SkipCommand
{
    public static Command Create(CommandShell shell)
    {
        var id = ExecutionsCommand.Id();
        var task = new Argument<string>("task") { Description = "Path of the task, such as build or group.child" };
        var reason = new Option<string?>("--reason") { Description = "Why, for the record", HelpName = "TEXT" };
        var output = new Option<string?>("--output", "-o")
        {
            Description = "Complete the task with this output rather than skip it: JSON; anything else is text", HelpName = "JSON",
        };
        return ClientCommand.Create(
            shell, "skip", "Skip a task of an execution", [id, task, reason, output], async (call, cancellationToken) =>
            {
                var body = new JsonObject();
                if (call.Parsed.GetValue(reason) is { } why)
                {
                    body["reason"] = why;
                }

                if (call.Parsed.GetValue(output) is { } text)
                {
                    body["output"] = SignalCommand.Read(text);
                }

                var reply = await call.Http.SkipAsync(
                    call.Parsed.GetRequiredValue(id), call.Parsed.GetRequiredValue(task), body, cancellationToken);
                return DecideCommand.Show(call, reply);
            });
    }
}
