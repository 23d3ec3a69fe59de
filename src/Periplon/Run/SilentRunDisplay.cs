using Periplon.Commands;

namespace Periplon.Run;

/// <summary>Shows nothing: with <c>--json</c> the output is one document. What is meant for people goes beside it.</summary>
internal sealed class SilentRunDisplay(CommandShell shell) : RunDisplay(shell)
{
    public override void OnNotice(string task, string line)
    {
        lock (Gate)
        {
            Shell.Error.WriteLine(line);
        }
    }
}
