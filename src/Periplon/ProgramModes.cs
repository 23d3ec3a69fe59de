using Periplon.Commands;
using Periplon.Core.Yaml;

namespace Periplon;

/// <summary>
/// The parts that this program is made of. Only functions are made here, so that a command loads what it runs and nothing else:
/// <c>periplon version</c> must not wait for a server's assemblies.
/// </summary>
internal static class ProgramModes
{
    public static CommandModes Create() => new()
    {
        Check = WorkflowCheck.Check,
        Schema = WorkflowSchema.Generate,
        Migrations = DatabaseMigrations.Open,
    };
}
