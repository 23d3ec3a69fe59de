using System.CommandLine;

namespace Periplon.Commands;

/// <summary><c>periplon pause ID</c> and <c>periplon resume ID</c>: nothing new begins, and it goes on.</summary>
internal static class PauseCommand
{
    public static Command Pause(CommandShell shell) => Create(shell, "pause", "Stop an execution from beginning new tasks");

    public static Command Resume(CommandShell shell) => Create(shell, "resume", "Let a paused execution go on");

    private static Command Create(CommandShell shell, string name, string description)
    {
        var id = ExecutionsCommand.Id();
        var reason = new Option<string?>("--reason") { Description = "Why, for the record", HelpName = "TEXT" };
        return ClientCommand.Create(shell, name, description, [id, reason], async (call, cancellationToken) =>
        {
            var reply = await call.Http.PauseOrResumeAsync(
                call.Parsed.GetRequiredValue(id), name, call.Parsed.GetValue(reason), cancellationToken);
            return DecideCommand.Show(call, reply);
        });
    }
}
