using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Run;

/// <summary>The JSON that ends <c>periplon run --json</c>.</summary>
internal static class RunReport
{
    public static JsonObject ToJson(WorkflowDefinition workflow, LocalRunResult result)
    {
        var counted = result.Tasks.Where(task => task.Counts).ToList();
        var completed = counted.Count(task => task.Status is TaskRunStatus.Completed);
        return new JsonObject
        {
            ["success"] = result.Success,
            ["workflow_name"] = workflow.Name,
            ["workflow_version"] = workflow.Version,
            ["duration_secs"] = Seconds(result.Duration),
            ["progress"] = counted.Count == 0
                ? 1
                : Math.Round(counted.Count(task => task.Status.IsSettled()) / (double)counted.Count, 4),
            ["completed_tasks"] = completed,
            ["total_tasks"] = counted.Count,
            ["failed_tasks"] = new JsonArray(
                [.. result.Tasks.Where(task => task.Status is TaskRunStatus.Failed).Select(task => (JsonNode)task.Id)]),
            ["error"] = result.Error,
            ["status"] = result.Status.ToWord(),
            ["execution_id"] = result.ExecutionId.ToString("D"),
            ["outputs"] = Outputs(result.Outputs),
            ["tasks"] = new JsonArray([.. result.Tasks.Select(task => (JsonNode)new JsonObject
            {
                ["id"] = task.Id,
                ["status"] = task.Status.ToWord(),
                ["attempts"] = task.Attempts,
                ["duration_secs"] = task.Duration is { } duration ? Seconds(duration) : null,
                ["error"] = task.Error,
            })]),
        };
    }

    private static double Seconds(TimeSpan duration) => Math.Round(duration.TotalSeconds, 3);

    private static JsonObject? Outputs(IReadOnlyDictionary<string, JsonElement>? outputs) =>
        outputs is null
            ? null
            : new JsonObject(outputs.Select(pair => KeyValuePair.Create(pair.Key, JsonNode.Parse(pair.Value.GetRawText()))));
}
