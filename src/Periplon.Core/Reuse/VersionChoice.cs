namespace Periplon.Core.Reuse;

/// <summary>Somebody's wish for a task or group.</summary>
/// <param name="Name">What is wanted.</param>
/// <param name="Version">Which versions will do.</param>
/// <param name="By">Who wants it, for messages.</param>
/// <param name="Path">Where the workflow says so, or names what says so.</param>
/// <param name="IsOptional">Whether it may be missing.</param>
internal sealed record Demand(string Name, VersionConstraint Version, string By, string Path, bool IsOptional = false);

/// <summary>Something that was wanted and could not be had.</summary>
/// <param name="Demands">Who wanted it.</param>
/// <param name="Found">The versions that there are; empty when there is none at all.</param>
internal sealed record Shortage(IReadOnlyList<Demand> Demands, IReadOnlyList<SemanticVersion> Found);

/// <summary>
/// Chooses one version of each thing that is wanted: the highest that meets every wish for it, those of the other chosen things included.
/// </summary>
/// <param name="find">Every version of a name.</param>
/// <param name="version">The version of one.</param>
/// <param name="needs">What a chosen one wants in turn, on behalf of the path that wanted it.</param>
internal sealed class VersionChoice<T>(
    Func<string, IReadOnlyList<T>> find, Func<T, SemanticVersion> version, Func<T, string, IEnumerable<Demand>> needs)
    where T : class
{
    // Each round can only be set off by a change in the one before; real graphs settle within their depth.
    private const int MostRounds = 100;

    private readonly OrderedDictionary<string, T> _chosen = new(StringComparer.Ordinal);

    /// <summary>What was chosen, by name, each behind what it needs.</summary>
    internal OrderedDictionary<string, T> Chosen { get; private set; } = [];

    /// <summary>What could not be had.</summary>
    internal List<Shortage> Shortages { get; } = [];

    /// <summary>Names that need themselves, over others: the first is repeated at the end.</summary>
    internal List<IReadOnlyList<string>> Cycles { get; } = [];

    /// <summary>A demand for each name that was wanted: the one to report at.</summary>
    internal Dictionary<string, Demand> Wanted { get; } = new(StringComparer.Ordinal);

    internal void Choose(IReadOnlyList<Demand> demands)
    {
        for (var round = 0; round < MostRounds && !Settle(demands); round++)
        {
        }

        var done = new HashSet<string>(StringComparer.Ordinal);
        var ordered = new OrderedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var name in _chosen.Keys.ToArray())
        {
            Order(name, [], done, ordered);
        }

        Chosen = ordered;
    }

    /// <summary>One round; true when it changed nothing.</summary>
    private bool Settle(IReadOnlyList<Demand> demands)
    {
        var all = demands.Concat(_chosen.SelectMany(pair => needs(pair.Value, Wanted[pair.Key].Path))).ToList();
        var before = _chosen.ToDictionary(StringComparer.Ordinal);
        _chosen.Clear();
        Shortages.Clear();
        foreach (var wishes in all.GroupBy(demand => demand.Name, StringComparer.Ordinal))
        {
            Wanted[wishes.Key] = wishes.FirstOrDefault(wish => !wish.IsOptional) ?? wishes.First();
            var there = find(wishes.Key);
            var best = there.Where(each => wishes.All(wish => wish.Version.Allows(version(each)))).MaxBy(version);
            if (best is not null)
            {
                _chosen[wishes.Key] = best;
            }
            else if (wishes.Any(wish => !wish.IsOptional))
            {
                Shortages.Add(new Shortage([.. wishes], [.. there.Select(version).Order()]));
            }
        }

        return _chosen.Count == before.Count
            && _chosen.All(pair => before.TryGetValue(pair.Key, out var earlier) && ReferenceEquals(earlier, pair.Value));
    }

    private void Order(string name, List<string> way, HashSet<string> done, OrderedDictionary<string, T> ordered)
    {
        var start = way.IndexOf(name);
        if (start >= 0)
        {
            Cycles.Add([.. way[start..], name]);
            return;
        }

        if (!_chosen.TryGetValue(name, out var item) || !done.Add(name))
        {
            return;
        }

        way.Add(name);
        foreach (var need in needs(item, Wanted[name].Path))
        {
            Order(need.Name, way, done, ordered);
        }

        way.RemoveAt(way.Count - 1);
        ordered[name] = item;
    }
}
