using System.Runtime.CompilerServices;
using System.Text;
using Periplon.Core.Executions;

namespace Periplon.Core.Tests.Executions;

/// <summary>
/// Journals written by this and earlier builds lead to the states they led to then. A recorded journal is never written again: a change
/// that needs that breaks the executions of its users. <c>PERIPLON_RECORD_HISTORIES=1</c> records those that are missing, and
/// <c>PERIPLON_UPDATE_GOLDEN=1</c> writes the states, which show more when there is more to show.
/// </summary>
public sealed class HistoryTests
{
    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Folder(), "*.yaml").Select(Name).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Recorded => [.. HistoryRecordings.All.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Recording_OfAHistory_EndsAndIsKept(string name)
    {
        var run = MachineHarness.Of(File.ReadAllText(PathOf(name, "yaml")));
        HistoryRecordings.All[name](run);
        run.State.IsTerminal.ShouldBeTrue(ExecutionText.Of(run));
        var file = PathOf(name, "json");
        if (Environment.GetEnvironmentVariable("PERIPLON_RECORD_HISTORIES") == "1" && !File.Exists(file))
        {
            File.WriteAllText(file, $"[\n{string.Join(",\n", run.Journal.Select(OneLine))}\n]\n");
        }

        File.Exists(file).ShouldBeTrue($"{file} is missing; run once with PERIPLON_RECORD_HISTORIES=1 and review it.");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Replay_RecordedHistory_LeadsToTheStateItLedTo(string name)
    {
        var text = StateText.Of(ExecutionMachine.Replay(MachineHarness.Of(File.ReadAllText(PathOf(name, "yaml"))).Plan, Read(name)));
        var file = PathOf(name, "expected.txt");
        if (Environment.GetEnvironmentVariable("PERIPLON_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(file, text);
        }

        File.Exists(file).ShouldBeTrue($"{file} is missing; run once with PERIPLON_UPDATE_GOLDEN=1 and review it.");
        text.ShouldBe(File.ReadAllText(file));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Replay_AnyPrefixOfARecordedHistory_CanBeBroughtToItsEnd(string name)
    {
        var plan = MachineHarness.Of(File.ReadAllText(PathOf(name, "yaml"))).Plan;
        var events = Read(name);
        for (var count = 1; count <= events.Count; count++)
        {
            var state = ExecutionMachine.Replay(plan, events.Take(count));
            var turn = new ExecutionTurn(state, state.LastEventAt.AddDays(1));
            ExecutionCommands.Cancel(turn, null, null, kill: true);
            ExecutionPlanner.Advance(turn);
            turn = new ExecutionTurn(turn.State, turn.Now + ExecutionPlanner.StopGrace);
            ExecutionPlanner.Advance(turn);
            turn.State.IsTerminal.ShouldBeTrue($"after {count} events");
        }
    }

    [Fact]
    public void Histories_Together_HoldEveryKindOfEvent()
    {
        var kinds = typeof(ExecutionEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ExecutionEvent)) && !type.IsAbstract);
        kinds.Except(Directory.EnumerateFiles(Folder(), "*.json").SelectMany(file => Read(Name(file))).Select(happened => happened.GetType()))
            .ShouldBeEmpty();
    }

    // Journals of whole clusters are kept as they were stored, a row in each line.
    private static IReadOnlyList<ExecutionEvent> Read(string name) => File.Exists(PathOf(name, "rows"))
        ? [.. File.ReadLines(PathOf(name, "rows")).SelectMany(row => EventCodec.Decode(Encoding.UTF8.GetBytes(row)))]
        : EventCodec.Decode(File.ReadAllBytes(PathOf(name, "json")));

    private static string OneLine(ExecutionEvent happened) => Encoding.UTF8.GetString(EventCodec.Encode([happened]))[1..^1];

    private static string Name(string file) => Path.GetFileNameWithoutExtension(file);

    private static string PathOf(string name, string extension) => Path.Combine(Folder(), $"{name}.{extension}");

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Histories");
}
