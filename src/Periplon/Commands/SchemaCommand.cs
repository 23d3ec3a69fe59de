using System.CommandLine;

namespace Periplon.Commands;

/// <summary><c>periplon schema</c>: the JSON Schema of the language, for editors.</summary>
internal static class SchemaCommand
{
    public static Command Create(CommandShell shell, Func<bool, string> schema)
    {
        var strict = new Option<bool>("--strict")
        {
            Description = "Refuse keys that are not part of the language; the parser only warns of them",
        };
        var output = OutputFile.Option("schema");
        var command = new Command("schema", "Print the JSON Schema of the workflow language") { output, strict };
        command.SetAction(
            (parsed, cancellationToken) =>
                OutputFile.WriteAsync(shell, parsed.GetValue(output), schema(parsed.GetValue(strict)), cancellationToken));
        return command;
    }
}
