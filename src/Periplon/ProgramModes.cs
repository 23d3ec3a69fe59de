using Periplon.Commands;
using Periplon.Core.Yaml;
using Periplon.Hosting;
using Periplon.Run;

namespace Periplon;

/// <summary>
/// The parts that this program is made of. Only functions are made here, so that a command loads what it runs and nothing else:
/// <c>periplon version</c> must not wait for a server's assemblies.
/// </summary>
internal static class ProgramModes
{
    public static CommandModes Create() => new()
    {
        Server = static (config, arguments, token) => ServerHost.RunAsync(config, arguments, token),
        Worker = static (config, arguments, token) => WorkerHost.RunAsync(config, arguments, token),
        LocalRunner = static () => new LocalRunner(TimeProvider.System),
        Check = static text => WorkflowReader.Read(text),
        Resolve = static (shell, text, file, token) => WorkflowReader.ReadAsync(shell, text, file, token),
        Schema = static isStrict => WorkflowSchema.Generate(isStrict),
        Doctor = static (config, arguments, token) => DoctorHost.ExamineAsync(config, arguments, token),
        Migrations = static (config, directory) => DatabaseMigrations.Open(config, directory),
    };
}
