using System.Text;

namespace Periplon.Benchmarks.Micro;

/// <summary>A large workflow file as people write them: requests, prompts and commands, with conditions and retries.</summary>
internal static class SampleWorkflow
{
    private const int Stages = 30;

    /// <summary>About 560 lines.</summary>
    public static string Text { get; } = Write();

    private static string Write()
    {
        var yaml = new StringBuilder("""
            name: sample
            version: "1.0.0"
            description: Takes orders from many regions, checks and ships them.
            inputs:
              server:
                type: string
                default: http://127.0.0.1:8080
                description: Where orders come from
              limit:
                type: number
                default: 100
            tasks:

            """);
        for (var i = 0; i < Stages; i++)
        {
            var after = i == 0 ? "[]" : $"[check_{i - 1}]";
            yaml.Append($$"""
                  fetch_{{i}}:
                    description: Orders of region {{i}} from ${workflow.server}
                    depends_on: {{after}}
                    http:
                      method: GET
                      url: "${workflow.server}/orders/{{i}}?limit=${workflow.limit}"
                      timeout_secs: 10
                    retry: {max_attempts: 5, delay_secs: 0.5}
                  summary_{{i}}:
                    depends_on: [fetch_{{i}}]
                    llm:
                      provider: echo
                      model: echo
                      prompt: "Orders of region {{i}}: ${task.fetch_{{i}}.outputs.status_code}"
                  check_{{i}}:
                    depends_on: [fetch_{{i}}, summary_{{i}}]
                    if: always() && task.fetch_{{i}}.status == 'completed'
                    command: {executable: echo, args: ["region {{i}}", "${task.summary_{{i}}.output}"]}

                """);
        }

        return yaml.Append($"outputs:\n  last: \"${{task.check_{Stages - 1}.output}}\"\n").ToString();
    }
}
