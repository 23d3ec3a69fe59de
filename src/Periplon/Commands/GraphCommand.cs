using System.CommandLine;
using Periplon.Graphs;

namespace Periplon.Commands;

/// <summary><c>periplon graph FILE</c>: a picture of the tasks.</summary>
internal static class GraphCommand
{
    public static Command Create(CommandShell shell, Func<string, CheckedWorkflow> check)
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
        command.SetAction((parsed, cancellationToken) =>
        {
            var source = WorkflowSource.Read(shell, parsed.GetRequiredValue(file), check);
            source.RequireValid(shell);
            var graph = FlowGraphBuilder.Build(source.Checked.Workflow!);
            var text = parsed.GetValue(format) == "dot" ? DotWriter.Write(graph) : MermaidWriter.Write(graph);
            return OutputFile.WriteAsync(shell, parsed.GetValue(output), text, cancellationToken);
        });
        return command;
    }
}
