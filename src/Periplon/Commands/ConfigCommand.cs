using System.CommandLine;
using Periplon.Configuration;

namespace Periplon.Commands;

/// <summary><c>periplon config show</c>.</summary>
internal static class ConfigCommand
{
    public static Command Create(CommandShell shell)
    {
        var file = CommonOptions.ConfigFile();
        var origins = new Option<bool>("--origins") { Description = "Say of each value where it came from: default, file, env" };
        var json = CommonOptions.Json();
        json.Description = "Accepted for likeness with other commands: the output always is JSON";
        var show = new Command("show", "Print the effective configuration as JSON, secrets masked") { file, origins, json };
        show.SetAction(parsed =>
        {
            var result = shell.LoadConfig(parsed.GetValue(file));
            shell.WriteJson(ConfigReport.Render(result.Config!, result, parsed.GetValue(origins)));
            return ExitCode.Ok;
        });
        return new Command("config", "Look at the configuration") { show };
    }
}
