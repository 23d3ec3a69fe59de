using System.Text;
using Periplon.Commands;
using Periplon.Plans;

namespace Periplon.Graphs;

/// <summary>Writes a picture in the language of Graphviz. Texts of the file appear in quoted strings only.</summary>
internal static class DotWriter
{
    private const int LongestLine = 60;

    public static string Write(FlowGraph graph)
    {
        var clusters = new Dictionary<string, FlowCluster>(StringComparer.Ordinal);
        Collect(graph.Root, clusters);
        var text = new StringBuilder();
        text.Append($"digraph {Quote(graph.Title)} {{\n  compound=true;\n  node [shape=box];\n");
        Write(text, graph.Root, "  ");
        foreach (var edge in graph.Edges)
        {
            // Graphviz draws arrows between nodes; one that stands for a frame is cut at the frame's border.
            string[] attributes =
            [
                .. edge.Label.Length > 0 ? [$"label={Quote(edge.Label)}"] : Array.Empty<string>(),
                .. edge.IsDashed ? ["style=dashed"] : Array.Empty<string>(),
                .. clusters.ContainsKey(edge.From) ? [$"ltail=cluster_{edge.From}"] : Array.Empty<string>(),
                .. clusters.ContainsKey(edge.To) ? [$"lhead=cluster_{edge.To}"] : Array.Empty<string>(),
            ];
            text.Append($"  {NodeOf(edge.From, clusters)} -> {NodeOf(edge.To, clusters)}");
            text.Append(attributes.Length > 0 ? $" [{string.Join(", ", attributes)}];\n" : ";\n");
        }

        return text.Append("}\n").ToString();
    }

    /// <summary>A text as a quoted string.</summary>
    public static string Quote(string text) => $"\"{Escape(text)}\"";

    private static string Escape(string text) => JsonText.Shorten(
            string.Join(' ', CellText.Printable(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), LongestLine)
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static void Write(StringBuilder text, FlowCluster cluster, string indent)
    {
        foreach (var node in cluster.Nodes)
        {
            var shape = node.Shape switch
            {
                FlowShape.Choice => ", shape=diamond",
                FlowShape.Loop => ", peripheries=2",
                FlowShape.Wait => ", style=rounded",
                _ => "",
            };
            text.Append($"{indent}{node.Key} [label=\"{string.Join("\\n", node.Lines.Select(Escape))}\"{shape}];\n");
        }

        foreach (var inner in cluster.Clusters.Where(inner => !inner.IsEmpty))
        {
            text.Append($"{indent}subgraph cluster_{inner.Key} {{\n{indent}  label={Quote(inner.Title)};\n");
            Write(text, inner, indent + "  ");
            text.Append($"{indent}}}\n");
        }
    }

    private static void Collect(FlowCluster cluster, Dictionary<string, FlowCluster> clusters)
    {
        foreach (var inner in cluster.Clusters)
        {
            clusters.Add(inner.Key, inner);
            Collect(inner, clusters);
        }
    }

    private static string NodeOf(string key, Dictionary<string, FlowCluster> clusters) =>
        clusters.TryGetValue(key, out var cluster) ? FirstNode(cluster)! : key;

    private static string? FirstNode(FlowCluster cluster) =>
        cluster.Nodes.Count > 0 ? cluster.Nodes[0].Key : cluster.Clusters.Select(FirstNode).FirstOrDefault(key => key is not null);
}
