using System.CommandLine;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Periplon.Commands;

/// <summary><c>periplon version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>Version of the workflow language (<c>dsl_version</c>).</summary>
    public const string Grammar = "1.0.0";

    public static string Program { get; } = ReadVersion();

    public static Command Create(CommandShell shell)
    {
        var json = CommonOptions.Json();
        var command = new Command("version", "Print the versions of the program and of its language") { json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(json))
            {
                shell.WriteJson(new JsonObject
                {
                    ["name"] = "periplon",
                    ["version"] = Program,
                    ["dsl_version"] = Grammar,
                    ["runtime"] = RuntimeInformation.FrameworkDescription,
                });
            }
            else
            {
                shell.Out.WriteLine($"periplon {Program} (workflow language {Grammar}, {RuntimeInformation.FrameworkDescription})");
            }

            return ExitCode.Ok;
        });
        return command;
    }

    // From the file, not from the assembly's attributes: to read one of those loads the types of all, Orleans' among them.
    [UnconditionalSuppressMessage(
        "SingleFile", "IL3000", Justification = "The published single file has no location; the assembly's name then has the version")]
    private static string ReadVersion()
    {
        var assembly = typeof(VersionCommand).Assembly;
        var file = assembly.Location is { Length: > 0 } path ? FileVersionInfo.GetVersionInfo(path).ProductVersion : null;
        return file ?? assembly.GetName().Version!.ToString(3);
    }
}
