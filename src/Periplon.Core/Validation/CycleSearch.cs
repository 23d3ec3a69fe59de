namespace Periplon.Core.Validation;

/// <summary>Finds cycles in a directed graph, in time linear in its size and without recursion.</summary>
internal static class CycleSearch
{
    /// <summary>One cycle out of each group of vertices that reach each other, in the order of its edges.</summary>
    /// <param name="edges">Successors of each vertex; null for none.</param>
    internal static IEnumerable<List<int>> Find(IReadOnlyList<List<int>?> edges)
    {
        var group = Groups(edges);
        var seen = new HashSet<int>();
        for (var vertex = 0; vertex < edges.Count; vertex++)
        {
            if (group[vertex] >= 0 && !seen.Contains(group[vertex])
                && ShortestCycle(edges, group, vertex) is { } cycle)
            {
                seen.Add(group[vertex]);
                yield return cycle;
            }
        }
    }

    // Tarjan's algorithm with an explicit stack. Groups of one vertex without an edge to itself get -1.
    private static int[] Groups(IReadOnlyList<List<int>?> edges)
    {
        const int Unseen = 0;
        var order = new int[edges.Count];
        var low = new int[edges.Count];
        var group = new int[edges.Count];
        var onStack = new bool[edges.Count];
        Array.Fill(group, -1);
        Stack<int> open = new();
        Stack<(int Vertex, int Edge)> walk = new();
        var counter = 0;
        var groups = 0;
        for (var root = 0; root < edges.Count; root++)
        {
            if (order[root] != Unseen)
            {
                continue;
            }

            Enter(root);
            while (walk.TryPop(out var step))
            {
                var successors = edges[step.Vertex];
                if (successors is not null && step.Edge < successors.Count)
                {
                    walk.Push((step.Vertex, step.Edge + 1));
                    var next = successors[step.Edge];
                    if (order[next] == Unseen)
                    {
                        Enter(next);
                    }
                    else if (onStack[next])
                    {
                        low[step.Vertex] = Math.Min(low[step.Vertex], order[next]);
                    }
                }
                else
                {
                    Leave(step.Vertex);
                }
            }
        }

        return group;

        void Enter(int vertex)
        {
            order[vertex] = low[vertex] = ++counter;
            onStack[vertex] = true;
            open.Push(vertex);
            walk.Push((vertex, 0));
        }

        void Leave(int vertex)
        {
            if (walk.TryPeek(out var caller))
            {
                low[caller.Vertex] = Math.Min(low[caller.Vertex], low[vertex]);
            }

            if (low[vertex] != order[vertex])
            {
                return;
            }

            var single = open.Peek() == vertex && edges[vertex]?.Contains(vertex) != true;
            int member;
            do
            {
                member = open.Pop();
                onStack[member] = false;
                group[member] = single ? -1 : groups;
            }
            while (member != vertex);
            groups++;
        }
    }

    // Breadth first, inside the group of the vertex, back to it.
    private static List<int>? ShortestCycle(IReadOnlyList<List<int>?> edges, int[] group, int start)
    {
        Dictionary<int, int> cameFrom = [];
        Queue<int> open = new([start]);
        while (open.TryDequeue(out var vertex))
        {
            foreach (var next in edges[vertex] ?? [])
            {
                if (next == start)
                {
                    return Path(cameFrom, start, vertex);
                }

                if (group[next] == group[start] && cameFrom.TryAdd(next, vertex))
                {
                    open.Enqueue(next);
                }
            }
        }

        return null;
    }

    private static List<int> Path(Dictionary<int, int> cameFrom, int start, int end)
    {
        List<int> path = [];
        for (var vertex = end; vertex != start; vertex = cameFrom[vertex])
        {
            path.Add(vertex);
        }

        path.Add(start);
        path.Reverse();
        return path;
    }
}
