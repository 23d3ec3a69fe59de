using Periplon.Commands;

namespace Periplon.Run;

/// <summary>Shows nothing: with <c>--json</c> the output is one document.</summary>
internal sealed class SilentRunDisplay(CommandShell shell) : RunDisplay(shell);
