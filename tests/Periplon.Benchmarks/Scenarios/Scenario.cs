using System.Text;

namespace Periplon.Benchmarks.Scenarios;

/// <summary>A workload: a workflow, and how it is started.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Tasks">Tasks of one execution.</param>
/// <param name="Shape">How they are written.</param>
/// <param name="Load">How executions are started.</param>
internal sealed record Scenario(string Name, int Tasks, WorkflowShape Shape, LoadKind Load)
{
    private const string Work = "llm: {provider: echo, model: echo, prompt: done}\n";

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("latency", 1, WorkflowShape.Chain, LoadKind.OneClient),
        new("echo-1", 1, WorkflowShape.Chain, LoadKind.ClosedLoop),
        new("echo-10", 10, WorkflowShape.Chain, LoadKind.ClosedLoop),
        new("fan-10", 10, WorkflowShape.Tasks, LoadKind.ClosedLoop),
        new("kestra", 2, WorkflowShape.Chain, LoadKind.RisingRates),
        new("windmill-40", 40, WorkflowShape.Chain, LoadKind.OneByOne),
        new("fan-out-1000", 1_000, WorkflowShape.Tasks, LoadKind.OneByOne),
        new("loop-10", 10, WorkflowShape.Loop, LoadKind.OneByOne),
        new("loop-1000", 1_000, WorkflowShape.Loop, LoadKind.OneByOne),
        new("loop-10000", 10_000, WorkflowShape.Loop, LoadKind.OneByOne),
        new("fan-loop-1000", 1_000, WorkflowShape.ParallelLoop, LoadKind.OneByOne),
        new("long", 1, WorkflowShape.Chain, LoadKind.Long),
    ];

    /// <summary>The workflow: tasks that return a value and do nothing else, scheduled and recorded like any other.</summary>
    public string Workflow()
    {
        var yaml = new StringBuilder($"name: bench-{Name}-{Guid.NewGuid():N}\nversion: \"1\"\n");
        yaml.Append(Load is LoadKind.OneByOne ? "max_parallel: 1000\ntasks:\n" : "tasks:\n");
        switch (Shape)
        {
            case WorkflowShape.Loop:
                yaml.Append($"  t:\n    loop: {{type: repeat, count: {Tasks}}}\n    {Work}");
                break;
            case WorkflowShape.ParallelLoop:
                yaml.Append($"  t:\n    loop: {{type: repeat, count: {Tasks}, parallel: true, max_parallel: 100}}\n    {Work}");
                break;
            default:
                for (var i = 0; i < Tasks; i++)
                {
                    yaml.Append($"  t{i}:\n    {Work}");
                    if (Shape is WorkflowShape.Chain && i > 0)
                    {
                        yaml.Append($"    depends_on: [t{i - 1}]\n");
                    }
                }

                break;
        }

        return yaml.ToString();
    }
}

/// <summary>How the tasks of a workload are written.</summary>
internal enum WorkflowShape
{
    /// <summary>One by one, each after the one before.</summary>
    Chain,
    /// <summary>One by one, without dependencies.</summary>
    Tasks,
    /// <summary>As a loop whose iterations follow each other.</summary>
    Loop,
    /// <summary>As a loop whose iterations run at the same time, as many as a loop may run.</summary>
    ParallelLoop,
}

/// <summary>How executions of a workload are started.</summary>
internal enum LoadKind
{
    /// <summary>By many clients, each starting its next when its last has ended.</summary>
    ClosedLoop,
    /// <summary>By one such client.</summary>
    OneClient,
    /// <summary>One large execution after the other, at least five.</summary>
    OneByOne,
    /// <summary>By many clients, and then at rates that rise until the server falls behind.</summary>
    RisingRates,
    /// <summary>By many clients for many minutes, each minute measured by itself.</summary>
    Long,
}
