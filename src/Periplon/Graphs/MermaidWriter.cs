using System.Text;
using Periplon.Commands;
using Periplon.Plans;

namespace Periplon.Graphs;

/// <summary>
/// Writes a picture as a Mermaid flowchart. Texts of the file appear in quoted labels only, with each sign of Mermaid's own escaped.
/// </summary>
internal static class MermaidWriter
{
    private const int LongestLine = 60;

    public static string Write(FlowGraph graph)
    {
        var text = new StringBuilder();
        text.Append("flowchart TD\n");
        Write(text, graph.Root, "  ");
        foreach (var edge in graph.Edges)
        {
            var arrow = edge.IsDashed ? "-.->" : "-->";
            var label = edge.Label.Length > 0 ? $"|\"{Escape(edge.Label)}\"|" : "";
            text.Append($"  {edge.From} {arrow}{label} {edge.To}\n");
        }

        return text.ToString();
    }

    /// <summary>A text as it may stand between quotes: nothing in it ends the label, begins a directive, or breaks the line.</summary>
    public static string Escape(string text)
    {
        var words = CellText.Printable(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var line = JsonText.Shorten(string.Join(' ', words), LongestLine);
        var escaped = new StringBuilder(line.Length + 16);
        foreach (var character in line)
        {
            escaped.Append(character is '"' or '#' or '<' or '>' or '&' or '`' or '%' or '\\' or '*'
                ? $"#{(int)character};"
                : character.ToString());
        }

        return escaped.ToString();
    }

    private static void Write(StringBuilder text, FlowCluster cluster, string indent)
    {
        foreach (var node in cluster.Nodes)
        {
            var (open, close) = node.Shape switch
            {
                FlowShape.Choice => ("{", "}"),
                FlowShape.Loop => ("[[", "]]"),
                FlowShape.Wait => ("([", "])"),
                _ => ("[", "]"),
            };
            text.Append($"{indent}{node.Key}{open}\"{string.Join("<br/>", node.Lines.Select(Escape))}\"{close}\n");
        }

        foreach (var inner in cluster.Clusters.Where(inner => !inner.IsEmpty))
        {
            text.Append($"{indent}subgraph {inner.Key}[\"{Escape(inner.Title)}\"]\n");
            Write(text, inner, indent + "  ");
            text.Append($"{indent}end\n");
        }
    }
}
