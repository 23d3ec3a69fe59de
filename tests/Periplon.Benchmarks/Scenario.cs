using System.Text;

namespace Periplon.Benchmarks;

/// <summary>A workload: a workflow, and how many clients start it.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Tasks">Tasks of one execution.</param>
/// <param name="InARow">Whether each task depends on the one before.</param>
/// <param name="OneClient">Whether one client measures latency, whatever <c>--clients</c> says.</param>
internal sealed record Scenario(string Name, int Tasks, bool InARow, bool OneClient = false)
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("latency", 1, true, OneClient: true),
        new("echo-1", 1, true),
        new("echo-10", 10, true),
        new("fan-10", 10, false),
    ];

    /// <summary>The workflow: tasks that return a value and do nothing else, scheduled and recorded like any other.</summary>
    public string Workflow()
    {
        var yaml = new StringBuilder($"name: bench-{Name}-{Guid.NewGuid():N}\nversion: \"1\"\ntasks:\n");
        for (var i = 0; i < Tasks; i++)
        {
            yaml.Append($"  t{i}:\n    llm: {{provider: echo, model: echo, prompt: done}}\n");
            if (InARow && i > 0)
            {
                yaml.Append($"    depends_on: [t{i - 1}]\n");
            }
        }

        return yaml.ToString();
    }
}
