using System.Text;
using Periplon.Core.Reuse;
using Periplon.Core.Yaml;

namespace Periplon.Simulation;

/// <summary>
/// Small workflows that together use what the machine can do, written once from fixed seeds and read by the real parser. Their tasks do
/// nothing: what an attempt comes to is drawn by the worker that runs it.
/// </summary>
internal static class SampleWorkflows
{
    public const int Count = 240;

    public static readonly Guid Id = Guid.Parse("019aaaaa-0000-7000-8000-00000000000f");

    /// <summary>The workflows, by their number.</summary>
    public static IReadOnlyList<RevisionPlans> All { get; } = [.. Enumerable.Range(0, Count).Select(Read)];

    /// <summary>The text of one.</summary>
    public static string TextOf(int number) => new Writer(new SeededRandom((ulong)number)).Write(number);

    private static RevisionPlans Read(int number)
    {
        var parsed = WorkflowParser.Parse(TextOf(number));
        if (parsed.Workflow is null || parsed.Diagnostics.Count > 0)
        {
            throw new InvalidOperationException($"{string.Join('\n', parsed.Diagnostics)}\n{TextOf(number)}");
        }

        var plans = new RevisionPlans(parsed.Workflow);
        _ = plans.PlanOf(null);
        _ = plans.PlanOf("part");
        return plans;
    }

    private sealed class Writer(SeededRandom random)
    {
        private const string Run = "command: {executable: 'true'}";
        private const string Done =
            "definition_of_done: {max_retries: 1, fail_on_unmet: false, criteria: [{type: file_exists, path: x, description: x}]}";

        private readonly List<string> _names = [];
        private int _left;

        public string Write(int number)
        {
            _left = random.Next(2, 6);
            var text = new StringBuilder($"name: w{number}\nversion: \"1\"\n");
            if (random.OneIn(3))
            {
                text.Append($"max_parallel: {random.Next(1, 4)}\n");
            }

            text.Append(random.OneIn(8) ? "fail_fast: true\n" : "").Append(random.OneIn(10) ? $"timeout_secs: {random.Next(5, 120)}\n" : "");
            text.Append(random.OneIn(8) ? $"concurrency: {{key: whole, limit: 1, strategy: {Strategy()}}}\n" : "");
            text.Append(random.OneIn(8) ? $"finally: [{{last: {{{Run}}}}}]\n" : "");
            text.Append(random.OneIn(10) ? $"on_failure: [{{report: {{{Run}}}}}]\n" : "");
            text.Append($"subflows: {{part: {{tasks: {{p: {{{Run}}}, q: {{{(random.OneIn(3) ? "sleep: 2" : Run)}, depends_on: [p]}}}}}}}}\ntasks:\n");
            while (_left > 0)
            {
                var name = $"t{_names.Count}";
                text.Append($"  {name}: {{{Task(0)}{After()}}}\n");
                _names.Add(name);
            }

            return text.ToString();
        }

        private string After() => _names.Count > 0 && !random.OneIn(3) ? $", depends_on: [{_names[random.Next(_names.Count)]}]" : "";

        private string Task(int depth)
        {
            _left--;
            return (depth > 0 ? random.Next(12) : random.Next(21)) switch
            {
                < 4 => Run + Keys(),
                4 => $"sleep: {random.Next(1, 20)}",
                5 => $"wait_for: {(random.OneIn(2) ? "go" : "{signal: go, timeout_secs: 20, default: given}")}",
                6 => "subflow: part" + Retry() + (random.OneIn(4) ? ", timeout_secs: 15" : ""),
                7 => Limited(),
                8 => $"{Run}, rate_limit: {{key: rate, limit: 2, period_secs: 5}}",
                9 => Run + ", condition: {type: never}",
                10 => $"{Run}, {Done}",
                11 => "wait_for: {webhook: paid, timeout_secs: 10, default: given}",
                12 => $"approval: {{timeout_secs: {random.Next(10, 60)}, default: {(random.OneIn(2) ? "approve" : "reject")}}}",
                13 => $"{Run}, loop: {{type: repeat, count: {random.Next(1, 4)}{(random.OneIn(2) ? ", parallel: true" : "")}}}",
                14 => Run + ", loop: {type: while, condition: {type: always}, max_iterations: 2, delay_between_secs: 1}",
                15 => $"{Run}, finally: [{{tidy{_names.Count}: {{{Run}}}}}], on_failure: [{{undo{_names.Count}: {{{Run}}}}}]",
                16 => $"matrix: {{os: [a, b]}}, {Run}",
                17 => $"{Run}, loop: {{type: for_each, iterator: x, parallel: true, collection: {{source: file, path: p, format: lines}}}}",
                18 => $"{Run}, loop: {{type: repeat, count: 2}}, loop_control: {{continue_condition: {{type: always}}}}",
                19 => $"switch: {{on: {Pick("left", "right")}, cases: {{left: [{{l{_names.Count}: {{{Run}}}}}]}}, default: [{{d{_names.Count}: {{{Run}}}}}]}}",
                _ => $"subtasks: [{{a: {{{Task(depth + 1)}}}}}, {{b: {{{Task(depth + 1)}, depends_on: [a]}}}}]"
                    + (random.OneIn(4) ? ", timeout_secs: 20" : "") + (random.OneIn(4) ? $", {Done}" : ""),
            };
        }

        private string Pick(string left, string right) => random.OneIn(2) ? left : right;

        private string Keys() => Retry()
            + (random.OneIn(5) ? $", timeout_secs: {random.Next(2, 30)}" : "")
            + (random.OneIn(6) ? ", continue_on_error: true" : "")
            + (random.OneIn(6) ? $", priority: {random.Next(5)}" : "");

        private string Retry() => random.OneIn(2)
            ? $", retry: {{max_attempts: {random.Next(2, 4)}, delay_secs: {random.Next(0, 5)}}}"
            : "";

        // One key has one limit, as its users would have it.
        private string Limited() => random.Next(3) switch
        {
            0 => $"{Run}{Retry()}, concurrency: {{key: one, limit: 1, strategy: {Strategy()}}}",
            1 => $"{Run}{Retry()}, concurrency: {{key: two, limit: 2}}",
            _ => $"subtasks: [{{c: {{{Run}}}}}], concurrency: {{key: one, limit: 1, strategy: {Strategy()}}}",
        };

        private string Strategy() => random.Next(4) switch
        {
            0 => "reject",
            1 => "cancel_oldest",
            _ => "queue",
        };
    }
}
