using System.CommandLine;
using System.Text.Json;

namespace Periplon.Commands;

/// <summary><c>periplon queue</c>: what waits for workers.</summary>
internal static class QueueCommand
{
    public static Command Create(CommandShell shell) =>
        ClientCommand.Create(shell, "queue", "Show the queue of a server", [], async (call, cancellationToken) =>
        {
            var reply = await call.Http.QueueStatsAsync(cancellationToken);
            if (call.Json)
            {
                return call.Print(reply.Json);
            }

            // Whatever numbers the server counts are shown, so that a newer server's are too.
            shell.WriteTable(
                ["what", "count"],
                reply.Json.EnumerateObject()
                    .Where(each => each.Value.ValueKind is JsonValueKind.Number or JsonValueKind.String)
                    .Select(each => (IReadOnlyList<string>)[each.Name.Replace('_', ' '), each.Value.ToString()]));
            return ExitCode.Ok;
        });
}
