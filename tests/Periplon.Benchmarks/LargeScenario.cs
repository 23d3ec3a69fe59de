using System.Text;

namespace Periplon.Benchmarks;

/// <summary>A workload of one large execution.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Tasks">How many tasks run.</param>
/// <param name="Shape">How they are written.</param>
internal sealed record LargeScenario(string Name, int Tasks, LargeShape Shape)
{
    public static IReadOnlyList<LargeScenario> All { get; } =
    [
        new("loop-10", 10, LargeShape.Loop),
        new("loop-1000", 1_000, LargeShape.Loop),
        new("loop-10000", 10_000, LargeShape.Loop),
        new("fan-out-1000", 1_000, LargeShape.Tasks),
        new("fan-loop-1000", 1_000, LargeShape.ParallelLoop),
    ];

    /// <summary>The workflow: tasks that return a value and do nothing else, scheduled and recorded like any other.</summary>
    public string Workflow()
    {
        const string Work = "llm: {provider: echo, model: echo, prompt: done}\n";
        var yaml = new StringBuilder($"name: bench-{Name}\nversion: \"1\"\nmax_parallel: 1000\ntasks:\n");
        switch (Shape)
        {
            case LargeShape.Tasks:
                for (var i = 0; i < Tasks; i++)
                {
                    yaml.Append($"  t{i}:\n    {Work}");
                }

                break;
            case LargeShape.Loop:
                yaml.Append($"  t:\n    loop: {{type: repeat, count: {Tasks}}}\n    {Work}");
                break;
            default:
                yaml.Append($"  t:\n    loop: {{type: repeat, count: {Tasks}, parallel: true, max_parallel: 100}}\n    {Work}");
                break;
        }

        return yaml.ToString();
    }
}

/// <summary>How the tasks of a large execution are written.</summary>
internal enum LargeShape
{
    /// <summary>One by one, without dependencies.</summary>
    Tasks,
    /// <summary>As a loop whose iterations follow each other.</summary>
    Loop,
    /// <summary>As a loop whose iterations run at the same time, as many as a loop may run.</summary>
    ParallelLoop,
}
