using System.Globalization;
using System.Text.Json;
using Periplon.Torture.Checks;
using Periplon.Torture.Faults;

namespace Periplon.Torture.Report;

/// <summary>What a run came to.</summary>
internal sealed record TortureReport
{
    public required string Database { get; init; }

    public required int Seed { get; init; }

    public required double Seconds { get; init; }

    public required int Acknowledged { get; init; }

    public required IReadOnlyDictionary<string, int> ByStatus { get; init; }

    public required double ExecutionsPerSecond { get; init; }

    public required int TaskRuns { get; init; }

    public required int RunsLost { get; init; }

    public required int ZombieStarts { get; init; }

    public required long RequestsRepeated { get; init; }

    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    public required IReadOnlyList<RecoveryFigures> Recoveries { get; init; }

    /// <summary>How late the ticks of the schedule started their executions, in seconds.</summary>
    public required RecoveryFigures Ticks { get; init; }

    public required int NotJudged { get; init; }

    public required int Starts { get; init; }

    public required IReadOnlyList<string> OwnEnds { get; init; }

    public required IReadOnlyDictionary<string, int> Violations { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public void Write(TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"database      {Database}, seed {Seed}, {Seconds:F0} s");
        output.WriteLine(
            $"executions    {Acknowledged} acknowledged ({ExecutionsPerSecond:F1}/s), ended as "
            + string.Join(", ", ByStatus.Select(each => $"{each.Key} {each.Value}")));
        output.WriteLine($"tasks         {TaskRuns} runs in the ledger, {RunsLost} of them cut off, {ZombieStarts} begun by zombies");
        output.WriteLine($"faults        {Faults.Values.Sum()}: " + string.Join(", ", Faults.Select(each => $"{each.Key} {each.Value}")));
        output.WriteLine(
            $"processes     {Starts} started; ended by themselves: {(OwnEnds.Count == 0 ? "none" : string.Join(", ", OwnEnds))}");
        output.WriteLine($"requests      {RequestsRepeated} repeated");
        output.WriteLine("recovery (s)           n     p50     p90     p99     max");
        foreach (var each in Recoveries.Append(Ticks))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {each.Kind,-18} {each.Count,4}  {each.P50,6:F2}  {each.P90,6:F2}  {each.P99,6:F2}  {each.Max,6:F2}"));
        }

        output.WriteLine($"  {NotJudged} faults had their times not judged, because the machine was overloaded");
        output.WriteLine(
            Violations.Count == 0
                ? "violations    none"
                : "violations    " + string.Join(", ", Violations.Select(each => $"{each.Key} {each.Value}")));
    }

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}

/// <summary>How recovery times were spread.</summary>
internal sealed record RecoveryFigures(string Kind, int Count, double P50, double P90, double P99, double Max)
{
    /// <summary>One line for each kind of fault, and one for all that are judged by the same bound as a single death.</summary>
    public static IReadOnlyList<RecoveryFigures> Of(IReadOnlyList<FaultRecord> faults) =>
    [
        .. faults.GroupBy(fault => fault.Kind).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => Of(group.Key, group.SelectMany(fault => fault.Recoveries))),
        Of("all", faults.SelectMany(fault => fault.Recoveries)),
    ];

    public static RecoveryFigures Of(string kind, IEnumerable<double> times)
    {
        var sorted = times.Order().ToList();
        double At(double share) => sorted.Count == 0 ? 0 : sorted[(int)Math.Ceiling(share * sorted.Count) - 1];
        return new(kind, sorted.Count, At(0.5), At(0.9), At(0.99), At(1));
    }
}
