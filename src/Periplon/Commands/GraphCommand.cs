using System.CommandLine;
using Periplon.Core.Yaml;
using Periplon.Graphs;

namespace Periplon.Commands;

/// <summary><c>periplon graph FILE</c>: a picture of the tasks.</summary>
internal static class GraphCommand
{
    public static Command Create(CommandShell shell, Func<string, CheckedWorkflow> check, ResolveWorkflow? resolve)
    {
        var file = new Argument<string>("file") { Description = "Workflow file; - reads standard input" };
        var output = OutputFile.Option("picture");
        var format = new Option<string>("--format", "-f")
        {
            Description = "mermaid (default), which Markdown pages show, or dot, which Graphviz draws",
            DefaultValueFactory = _ => "mermaid", HelpName = "FORMAT",
        };
        format.AcceptOnlyFromAmong("mermaid", "dot");
        var command = new Command("graph", "Print a picture of the tasks and their dependencies as text") { file, output, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var alone = WorkflowSource.Read(shell, parsed.GetRequiredValue(file), check);
            var source = await alone.ResolveAsync(shell, resolve, cancellationToken);
            if (alone.Checked.IsValid && !source.Checked.IsValid)
            {
                // What is missing elsewhere, such as a repository that is out of reach, does not keep the file itself from being drawn.
                DiagnosticReport.Write(shell.ForErrors(), source, DiagnosticSeverity.Error);
                source = alone;
            }

            source.RequireValid(shell);
            var graph = FlowGraphBuilder.Build(source.Checked.Workflow!);
            var text = parsed.GetValue(format) == "dot" ? DotWriter.Write(graph) : MermaidWriter.Write(graph);
            return await OutputFile.WriteAsync(shell, parsed.GetValue(output), text, cancellationToken);
        });
        return command;
    }
}
