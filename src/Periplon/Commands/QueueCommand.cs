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
            WriteRows(shell, reply.Json, "organization", "priorities");
            WriteRows(shell, reply.Json, "partitions");
            return ExitCode.Ok;
        });

    // A table of a list of objects; an older server has none.
    private static void WriteRows(CommandShell shell, JsonElement at, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (at.ValueKind is not JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return;
            }
        }

        if (at.ValueKind is not JsonValueKind.Array || at.GetArrayLength() == 0)
        {
            return;
        }

        var columns = at[0].EnumerateObject().Select(each => each.Name).ToList();
        shell.WriteTable(
            [.. columns.Select(column => column.Replace('_', ' '))],
            at.EnumerateArray().Select(row => (IReadOnlyList<string>)
                [.. columns.Select(column => row.TryGetProperty(column, out var value) ? value.ToString() : "")]));
    }
}
