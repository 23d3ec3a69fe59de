namespace Periplon.Torture.Load;

/// <summary>The workflows of the load. Every task named <c>do…</c> tells the ledger when it begins and when it has ended.</summary>
internal static class Workloads
{
    /// <summary>Whether a task path names a task that writes to the ledger.</summary>
    public static bool WritesLedger(string path) => path[(path.LastIndexOf('.') + 1)..].StartsWith("do", StringComparison.Ordinal);

    public static IReadOnlyList<Workload> All(string ledger)
    {
        // Appends of one short line are whole, whoever else appends.
        var tell = $$"""tell() { echo "$PERIPLON_ATTEMPT_KEY $TORTURE_SILO $$ $1 $EPOCHREALTIME" >> {{ledger}}; };""";
        string Do(string seconds, string end = "") =>
            $$"""{language: bash, content: '{{tell}} tell start; sleep {{seconds}}; tell end; {{end}}'}""";
        string Command(string seconds) => $$"""
            {executable: bash, args: [-c, '{{tell}} tell start; sleep {{seconds}}; tell end']}
            """;

        Workload Limited(int places) => new()
        {
            Name = $"limited-{places}", Ends = ["completed"], Weight = 1, GoesOnAtOnce = true,
            Limit = new LoadLimit($"places-{places}", places),
            Yaml = $$"""
                tasks:
                  before: {llm: {provider: echo, model: echo, prompt: before} }
                  do-alone:
                    depends_on: [before]
                    concurrency: {key: places-{{places}}, limit: {{places}}, strategy: queue}
                    script: {{Do("0.3")}}
                """,
        };

        return
        [
            new()
            {
                Name = "chain", Ends = ["completed"], Weight = 4, GoesOnAtOnce = true, Result = number => $$"""{"number":{{number}}}""",
                Yaml = $$"""
                    inputs: {number: {type: integer, required: true} }
                    tasks:
                      say: {llm: {provider: echo, model: echo, prompt: "${workflow.number}"} }
                      do1: {depends_on: [say], script: {{Do("1")}} }
                      do2: {depends_on: [do1], command: {{Command("0.6")}} }
                      do3: {depends_on: [do2], script: {{Do("1")}} }
                    outputs: {number: "${workflow.number}"}
                    """,
            },
            new()
            {
                Name = "fan", Ends = ["completed"], Weight = 2, GoesOnAtOnce = true,
                Yaml = $$"""
                    tasks:
                      do1: {script: {{Do("0.6")}} }
                      do2: {script: {{Do("0.8")}} }
                      do3: {script: {{Do("1")}} }
                      do4: {depends_on: [do1, do2, do3], script: {{Do("0.1")}} }
                    """,
            },
            new()
            {
                Name = "loop", Ends = ["completed"], Weight = 2, GoesOnAtOnce = true,
                Yaml = $$"""
                    tasks:
                      rounds:
                        loop: {type: repeat, count: 4}
                        subtasks:
                          - say: {llm: {provider: echo, model: echo, prompt: round} }
                          - do: {depends_on: [say], script: {{Do("0.5")}} }
                    """,
            },
            new()
            {
                Name = "spread", Ends = ["completed"], GoesOnAtOnce = true,
                Yaml = $$"""
                    tasks:
                      do: {loop: {type: repeat, count: 5, parallel: true, max_parallel: 2}, script: {{Do("0.6")}} }
                    """,
            },
            new()
            {
                Name = "flaky", Ends = ["completed"], Weight = 2, GoesOnAtOnce = true,
                Yaml = $$"""
                    tasks:
                      do1: {retry: {max_attempts: 4, delay: 300ms, backoff: 1}, script: {{Do("0.1", "[ $PERIPLON_ATTEMPT -ge 3 ]")}} }
                      do2: {depends_on: [do1], script: {{Do("0.1")}} }
                    """,
            },
            new()
            {
                Name = "broken", Ends = ["failed"],
                Yaml = $$"""
                    tasks:
                      do1: {retry: {max_attempts: 2, delay: 200ms}, script: {{Do("0.1", "exit 3")}} }
                      do2: {depends_on: [do1], script: {{Do("0.1")}} }
                    """,
            },
            new()
            {
                Name = "nap", Ends = ["completed"],
                Yaml = $$"""
                    tasks:
                      do1: {script: {{Do("0.1")}} }
                      nap: {depends_on: [do1], sleep: 3s}
                      do2: {depends_on: [nap], script: {{Do("0.1")}} }
                    """,
            },
            new()
            {
                Name = "signal", Ends = ["completed"], Follow = Followers.SignalAsync, Result = number => $$"""{"number":{{number}}}""",
                Yaml = $$"""
                    tasks:
                      do1: {script: {{Do("0.1")}} }
                      answer: {wait_for: {signal: go, timeout: 10m} }
                      do2: {depends_on: [do1, answer], script: {{Do("0.1")}} }
                    outputs: {number: "${task.answer.outputs.payload.number}"}
                    """,
            },
            new()
            {
                Name = "approval", Ends = ["completed"], Follow = Followers.ApproveAsync,
                Yaml = $$"""
                    tasks:
                      ask: {approval: {message: "Go on?", timeout: 10m} }
                      do: {depends_on: [ask], script: {{Do("0.1")}} }
                    """,
            },
            new()
            {
                Name = "child", Ends = ["completed"],
                Yaml = $$"""
                    subflows:
                      inner:
                        tasks:
                          do1: {script: {{Do("0.2")}} }
                          do2: {depends_on: [do1], script: {{Do("0.2")}} }
                    tasks:
                      call: {subflow: inner}
                      do3: {depends_on: [call], script: {{Do("0.1")}} }
                    """,
            },
            new()
            {
                Name = "cancelled", Ends = ["cancelled"], Follow = Followers.CancelAsync,
                Yaml = $$"""
                    tasks:
                      do1: {script: {{Do("600")}} }
                      do2: {depends_on: [do1], script: {{Do("0.1")}} }
                    """,
            },
            new()
            {
                Name = "paused", Ends = ["completed"], Follow = Followers.PauseAsync,
                Yaml = $$"""
                    tasks:
                      do1: {script: {{Do("0.4")}} }
                      do2: {depends_on: [do1], script: {{Do("0.2")}} }
                      do3: {depends_on: [do2], script: {{Do("0.2")}} }
                    """,
            },
            new()
            {
                Name = "late", Ends = ["timed_out"],
                Yaml = $$"""
                    timeout_secs: 4
                    tasks:
                      do1: {script: {{Do("600")}} }
                    """,
            },
            new()
            {
                Name = "exclusive", Ends = ["completed"], Limit = new LoadLimit("exclusive", 2, OfExecutions: true),
                Yaml = $$"""
                    concurrency: {key: exclusive, limit: 2, strategy: queue}
                    tasks:
                      do1: {script: {{Do("0.2")}} }
                      do2: {depends_on: [do1], script: {{Do("0.2")}} }
                    """,
            },
            Limited(1), Limited(2), Limited(3),
            new()
            {
                // Started by its schedule alone.
                Name = ScheduleLoad.Workflow, Ends = ["completed"], Weight = 0,
                Yaml = $$"""
                    tasks:
                      do: {script: {{Do("0.1")}} }
                    """,
            },
        ];
    }
}
