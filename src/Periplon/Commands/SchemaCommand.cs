using System.CommandLine;

namespace Periplon.Commands;

/// <summary><c>periplon schema</c>: the JSON Schema of the language, for editors.</summary>
internal static class SchemaCommand
{
    public static Command Create(CommandShell shell, Func<string> schema)
    {
        var output = OutputFile.Option("schema");
        var command = new Command("schema", "Print the JSON Schema of the workflow language") { output };
        command.SetAction(
            (parsed, cancellationToken) => OutputFile.WriteAsync(shell, parsed.GetValue(output), schema(), cancellationToken));
        return command;
    }
}
