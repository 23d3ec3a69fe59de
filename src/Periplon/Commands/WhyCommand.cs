using System.CommandLine;

namespace Periplon.Commands;

/// <summary><c>periplon why ID</c>: what an execution waits for, who holds it, what wakes it next and when.</summary>
internal static class WhyCommand
{
    public static Command Create(CommandShell shell)
    {
        var id = ExecutionsCommand.Id();
        return ClientCommand.Create(shell, "why", "Say why an execution has not ended", [id], async (call, cancellationToken) =>
        {
            var execution = call.Parsed.GetRequiredValue(id);
            var reply = await call.Http.WhyAsync(execution, cancellationToken);
            if (call.Json)
            {
                return call.Print(reply.Json);
            }

            shell.Out.WriteLine(reply.Value.Message ?? $"The execution is {reply.Value.Status}");
            foreach (var link in reply.Value.Why ?? [])
            {
                shell.Out.WriteLine($"- {(link.Task is null ? "" : link.Task + ": ")}{link.Message}");
                string?[] facts =
                [
                    link.HeldBy is null ? null : $"held by {link.HeldBy}",
                    link.Since is null ? null : $"since {ClientCall.Time(link.Since)}",
                    link.WakesBy is null
                        ? null
                        : $"woken by {link.WakesBy}" + (link.WakesAt is null ? "" : $" at {ClientCall.Time(link.WakesAt)}"),
                ];
                if (facts.Any(fact => fact is not null))
                {
                    shell.Out.WriteLine("  " + string.Join(", ", facts.Where(fact => fact is not null)));
                }
            }

            return ExitCode.Ok;
        });
    }
}
