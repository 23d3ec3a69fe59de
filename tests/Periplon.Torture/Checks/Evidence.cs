using Periplon.Torture.Cluster;
using Periplon.Torture.Ledger;

namespace Periplon.Torture.Checks;

/// <summary>Shows for each violation what is known about its execution: history, ledger, and what the silos logged.</summary>
internal static class Evidence
{
    private const int MostShown = 10;
    private const int MostLines = 60;

    public static void Show(
        Violations violations, IReadOnlyDictionary<Guid, StoredExecution> stored, LedgerReader ledger, IReadOnlyList<Silo> silos,
        TextWriter output)
    {
        foreach (var id in violations.All.Select(each => each.Execution).OfType<Guid>().Distinct().Take(MostShown))
        {
            output.WriteLine($"\n=== execution {id}");
            foreach (var violation in violations.All.Where(each => each.Execution == id))
            {
                output.WriteLine($"violation: {violation.Kind}: {violation.Message}");
            }

            output.WriteLine("--- events");
            Write(stored.TryGetValue(id, out var execution) ? execution.Lines() : ["(not stored)"], output);
            output.WriteLine("--- ledger");
            Write(ledger.Of(id).Select(run => run.ToString()), output);
            output.WriteLine("--- logs");
            Write(silos.SelectMany(silo => LinesOf(silo, id)).Order(StringComparer.Ordinal), output);
        }
    }

    private static IEnumerable<string> LinesOf(Silo silo, Guid id) => !File.Exists(silo.Log)
        ? []
        : File.ReadLines(silo.Log).Where(line => line.Contains($"{id}", StringComparison.Ordinal)).Select(line => $"{line} [{silo.Name}]");

    private static void Write(IEnumerable<string> lines, TextWriter output)
    {
        foreach (var line in lines.Take(MostLines))
        {
            output.WriteLine(line.Length > 600 ? line[..600] + " …" : line);
        }
    }
}
