using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Commands;

namespace Periplon.Plans;

/// <summary>A plan as JSON.</summary>
internal static class PlanJson
{
    public static JsonObject Of(RunPlan plan) => new()
    {
        ["max_parallel"] = plan.MaxParallel,
        ["inputs"] = Values(plan.Inputs),
        ["missing_inputs"] = WorkflowList.Strings(plan.MissingInputs),
        ["sections"] = Sections(plan.Sections),
    };

    private static JsonArray Sections(IReadOnlyList<PlanSection> sections) => new([.. sections.Select(section => (JsonNode)new JsonObject
    {
        ["kind"] = section.Kind,
        ["name"] = section.Name,
        ["depends_on"] = WorkflowList.Strings(section.After),
        ["waves"] = new JsonArray(
            [.. section.Waves.Select(wave => (JsonNode)new JsonArray([.. wave.Select(step => (JsonNode)Step(step))]))]),
    })]);

    private static JsonObject Step(PlanStep step) => new()
    {
        ["task"] = step.Path,
        ["kind"] = step.Kind,
        ["does"] = step.Does,
        ["depends_on"] = WorkflowList.Strings(step.After),
        ["condition"] = step.Condition,
        ["max_attempts"] = step.Attempts,
        ["timeout_secs"] = step.TimeoutSecs,
        ["continue_on_error"] = step.ContinueOnError,
        ["loop"] = step.Loop is { } loop ? Loop(loop) : null,
        ["sections"] = Sections(step.Sections),
    };

    private static JsonObject Loop(PlanLoop loop) => new()
    {
        ["text"] = loop.Text,
        ["count"] = loop.Count,
        ["max_parallel"] = loop.MaxParallel,
        ["iterations"] = new JsonArray([.. loop.Iterations.Select(iteration => (JsonNode)new JsonObject
        {
            ["index"] = iteration.Index, ["values"] = Values(iteration.Values), ["does"] = iteration.Does,
        })]),
    };

    private static JsonObject Values(IReadOnlyDictionary<string, JsonElement> values) =>
        new(values.Select(pair => KeyValuePair.Create(pair.Key, JsonNode.Parse(pair.Value.GetRawText()))));
}
