using System.CommandLine;
using System.Text.Json;
using Periplon.Http;

namespace Periplon.Commands;

/// <summary><c>periplon approve ID [TASK]</c> and <c>periplon reject ID [TASK]</c>.</summary>
internal static class DecideCommand
{
    public static Command Approve(CommandShell shell) => Create(shell, "approve", "Approve what an execution asks");

    public static Command Reject(CommandShell shell) => Create(shell, "reject", "Reject what an execution asks");

    /// <summary>Prints the message of an answer, or the answer itself with <c>--json</c>.</summary>
    public static int Show(ClientCall call, Reply<JsonElement> reply)
    {
        if (call.Json)
        {
            return call.Print(reply.Json);
        }

        call.Shell.Out.WriteLine(reply.Json.TryGetProperty("message", out var message) ? message.GetString() : reply.Json.GetRawText());
        return ExitCode.Ok;
    }

    private static Command Create(CommandShell shell, string name, string description)
    {
        var id = ExecutionsCommand.Id();
        var task = new Argument<string?>("task")
        {
            Description = "Task that asks; not needed when it is the only one", Arity = ArgumentArity.ZeroOrOne,
        };
        var comment = new Option<string?>("--comment") { Description = "What you say to it, for the record", HelpName = "TEXT" };
        return ClientCommand.Create(shell, name, description, [id, task, comment], async (call, cancellationToken) =>
        {
            var reply = await call.Http.DecideAsync(
                call.Parsed.GetRequiredValue(id), name, call.Parsed.GetValue(task), call.Parsed.GetValue(comment), cancellationToken);
            return Show(call, reply);
        });
    }
}
