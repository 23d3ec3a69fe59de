using System.CommandLine;

namespace Periplon.Commands;

/// <summary><c>periplon template</c>: a commented workflow to begin with.</summary>
internal static class TemplateCommand
{
    private const string Resource = "Periplon.Commands.template.yaml";

    public static Command Create(CommandShell shell)
    {
        var output = OutputFile.Option("template");
        var command = new Command("template", "Print a commented workflow to begin with") { output };
        command.SetAction((parsed, cancellationToken) => OutputFile.WriteAsync(shell, parsed.GetValue(output), Text(), cancellationToken));
        return command;
    }

    public static string Text()
    {
        using var reader = new StreamReader(typeof(TemplateCommand).Assembly.GetManifestResourceStream(Resource)!);
        return reader.ReadToEnd();
    }
}
