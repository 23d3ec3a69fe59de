namespace Periplon.Graphs;

/// <summary>A picture of a workflow, before it is written in the words of some program. Keys are harmless: <c>n1</c>, <c>n2</c>.</summary>
internal sealed record FlowGraph(string Title, FlowCluster Root, IReadOnlyList<FlowEdge> Edges);

/// <summary>A task.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Lines">Its label, any text.</param>
/// <param name="Shape">Its form.</param>
internal sealed record FlowNode(string Key, IReadOnlyList<string> Lines, FlowShape Shape);

/// <summary>Forms of tasks.</summary>
internal enum FlowShape
{
    /// <summary>Executes something.</summary>
    Work,
    /// <summary>Executes something several times.</summary>
    Loop,
    /// <summary>Chooses.</summary>
    Choice,
    /// <summary>Waits.</summary>
    Wait,
}

/// <summary>Tasks in a frame.</summary>
internal sealed class FlowCluster(string key, string title)
{
    public string Key { get; } = key;
    public string Title { get; } = title;
    public List<FlowNode> Nodes { get; } = [];
    public List<FlowCluster> Clusters { get; } = [];

    public bool IsEmpty => Nodes.Count == 0 && Clusters.TrueForAll(cluster => cluster.IsEmpty);
}

/// <summary>An arrow between tasks or frames.</summary>
/// <param name="From">Key of a task or frame.</param>
/// <param name="To">Key of a task or frame.</param>
/// <param name="Label">Any text; empty for none.</param>
/// <param name="IsDashed">Whether it is taken only when something else did not go as planned.</param>
internal sealed record FlowEdge(string From, string To, string Label, bool IsDashed = false);
