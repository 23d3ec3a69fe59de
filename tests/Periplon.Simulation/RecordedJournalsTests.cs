using System.Runtime.CompilerServices;
using System.Text;
using Periplon.Core.Executions;

namespace Periplon.Simulation;

/// <summary>
/// Journals of simulated clusters are kept among the recorded histories of the machine, row by row as they were stored: what crashes, lost
/// workers and stale activations leave behind must replay on every later build. <c>PERIPLON_RECORD_HISTORIES=1</c> records them if there
/// are none.
/// </summary>
public sealed class RecordedJournalsTests
{
    private const int Wanted = 12;
    private const int Worlds = 3_000;
    private const int MostRows = 40;

    [Fact]
    public void Journals_OfSimulatedClusters_AreKeptAndAreThoseOfTheirWorkflows()
    {
        var files = Directory.GetFiles(Folder(), "cluster-*.rows");
        if (files.Length == 0 && Environment.GetEnvironmentVariable("PERIPLON_RECORD_HISTORIES") == "1")
        {
            Record();
            files = Directory.GetFiles(Folder(), "cluster-*.rows");
        }

        files.Length.ShouldBeGreaterThanOrEqualTo(Wanted, "run once with PERIPLON_RECORD_HISTORIES=1 and review what was recorded");
        foreach (var file in files)
        {
            var events = File.ReadLines(file).SelectMany(row => EventCodec.Decode(Encoding.UTF8.GetBytes(row))).ToList();
            events[0].ShouldBeOfType<ExecutionCreated>();
            events[^1].ShouldBeOfType<ExecutionFinished>();
        }
    }

    // Those that differ most from one another.
    private static void Record()
    {
        var candidates = Enumerable.Range(0, Worlds).SelectMany(Candidates).ToList();
        var seen = new Dictionary<string, int>();
        for (var number = 1; number <= Wanted; number++)
        {
            var best = candidates.MaxBy(candidate => candidate.Features.Sum(feature => 1.0 / (1 + (8 * seen.GetValueOrDefault(feature)))))!;
            candidates.Remove(best);
            foreach (var feature in best.Features)
            {
                seen[feature] = seen.GetValueOrDefault(feature) + 1;
            }

            var path = Path.Combine(Folder(), $"cluster-{number:00}");
            File.WriteAllText($"{path}.yaml", $"# Recorded in a simulated cluster: {best.About}.\n{best.Workflow}");
            File.WriteAllText($"{path}.rows", string.Concat(best.Rows.Select(row => row + "\n")));
        }
    }

    private static IEnumerable<Candidate> Candidates(int seed)
    {
        var world = new World(seed);
        world.Run();
        foreach (var state in world.Ledger.States)
        {
            var rows = world.Database.Read(state.Created.ExecutionId, 0);
            if (state.Created.Subflow is null && rows.Count <= MostRows)
            {
                var features = rows.SelectMany(row => EventCodec.Decode(row.Events.Span)).Select(FeatureOf).Append(state.Status.ToString());
                var text = SampleWorkflows.TextOf(state.Created.Revision).Split('\n');
                yield return new Candidate(
                    $"{rows.Count} rows, {state.Status.ToWord()}", string.Join('\n', text[2..]), features.ToHashSet(),
                    [.. rows.Select(row => Encoding.UTF8.GetString(row.Events.Span))]);
            }
        }
    }

    private static string FeatureOf(ExecutionEvent happened) => happened switch
    {
        TaskReturned e => $"{e.GetType().Name} {e.Lost}",
        TaskFailed e => $"{e.GetType().Name} {e.Failure.Kind} {e.GivenUp} {e.Final}",
        TaskWaiting e => $"{e.GetType().Name} {e.Kind}",
        LimitGranted e => $"{e.GetType().Name} {e.Limit} {e.DueAt is null}",
        TaskScheduled e => $"{e.GetType().Name} {e.Work} {e.Attempt > 1}",
        TaskStarted e => $"{e.GetType().Name} {e.Delivery > 1}",
        CancelRequested e => $"{e.GetType().Name} {e.Kill}",
        ChildEnded e => $"{e.GetType().Name} {e.Status}",
        _ => happened.GetType().Name,
    };

    private static string Folder([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../Periplon.Core.Tests/Executions/Histories"));

    private sealed record Candidate(string About, string Workflow, IReadOnlySet<string> Features, IReadOnlyList<string> Rows);
}
