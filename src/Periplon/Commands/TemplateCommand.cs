using System.CommandLine;

namespace Periplon.Commands;

/// <summary><c>periplon template</c>: a commented workflow to begin with.</summary>
internal static class TemplateCommand
{
    public static Command Create(CommandShell shell)
    {
        var output = OutputFile.Option("template");
        var minimal = new Option<bool>("--minimal") { Description = "A short one, instead of the whole language" };
        var command = new Command("template", "Print a commented workflow to begin with") { output, minimal };
        command.SetAction((parsed, cancellationToken) => OutputFile.WriteAsync(
            shell, parsed.GetValue(output), parsed.GetValue(minimal) ? Minimal() : Text(), cancellationToken));
        return command;
    }

    /// <summary>The whole language; what needs the outside world is commented out with <c>#|</c>.</summary>
    public static string Text() => Read("template.yaml") + Read("template-parts.yaml");

    public static string Minimal() => Read("template-minimal.yaml");

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(TemplateCommand).Assembly.GetManifestResourceStream("Periplon.Commands." + name)!);
        return reader.ReadToEnd();
    }
}
