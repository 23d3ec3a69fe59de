using System.Text.Json;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>Loops and their collections (reference §7).</summary>
internal static class LoopLanguage
{
    private static readonly Shape<CollectionFormat> Format = new ChoiceShape<CollectionFormat>(
        ("json", CollectionFormat.Json), ("json_lines", CollectionFormat.JsonLines), ("csv", CollectionFormat.Csv),
        ("lines", CollectionFormat.Lines));

    private static readonly Shape<CollectionDefinition> Collection = new UnionShape<CollectionDefinition>("Collection", "source",
        ("inline", f =>
            new CollectionDefinition.Inline(f.Required("items", new ListShape<JsonElement>(JsonShape.Any), "The items."))),
        ("range", f => new CollectionDefinition.Range(
            f.Required("start", Scalars.Integer, "First number."),
            f.Required("end", Scalars.Integer, "Number before which the range ends."),
            f.Or("step", Scalars.Integer, 1, "Distance."))),
        ("file", ReadFile),
        ("http", f => new CollectionDefinition.Http
        {
            Url = f.Required("url", Scalars.Text, "Address."),
            Method = f.Or("method", Scalars.Text, "GET", "GET, POST, PUT, DELETE or PATCH."),
            Headers = f.Map("headers", Scalars.Text, "Request headers."),
            Body = f.Text("body", "Request body."),
            Format = f.Or("format", Format, CollectionFormat.Json, "Format of the answer."),
            JsonPath = f.Text("json_path", "Path to the array inside the answer."),
        }),
        ("state", f => new CollectionDefinition.State(f.Required("key", Scalars.Text, "Key in the execution's state map."))));

    internal static readonly Shape<LoopDefinition> Loop = new UnionShape<LoopDefinition>("Loop", "type",
        ("for_each", f => new LoopDefinition.ForEach
        {
            Collection = f.Required("collection", Collection, "The items."),
            Iterator = f.Required("iterator", Scalars.Text, "Name of the loop variable."),
            Parallel = f.Or("parallel", Scalars.Bool, false, "Whether iterations run at the same time."),
            MaxParallel = f.OptionalValue("max_parallel", Scalars.Count, "How many at the same time."),
        }),
        ("repeat", f => new LoopDefinition.Repeat
        {
            Count = f.Required("count", Scalars.Size, "How many times."),
            Iterator = f.Text("iterator", "Name of the loop variable."),
            Parallel = f.Or("parallel", Scalars.Bool, false, "Whether iterations run at the same time."),
            MaxParallel = f.OptionalValue("max_parallel", Scalars.Count, "How many at the same time."),
        }),
        ("while", f => new LoopDefinition.While
        {
            Condition = f.Required("condition", ConditionLanguage.Any, "Condition, tested before each iteration."),
            MaxIterations = f.Required("max_iterations", Scalars.Size, "Most iterations."),
            IterationVariable = f.Text("iteration_variable", "Name of the loop variable."),
            DelayBetweenSecs = f.Seconds("delay_between_secs", "Seconds between iterations."),
        }),
        ("repeat_until", f => new LoopDefinition.RepeatUntil
        {
            Condition = f.Required("condition", ConditionLanguage.Any, "Condition, tested after each iteration."),
            MinIterations = f.Or("min_iterations", Scalars.Size, 1, "Fewest iterations."),
            MaxIterations = f.Required("max_iterations", Scalars.Size, "Most iterations."),
            IterationVariable = f.Text("iteration_variable", "Name of the loop variable."),
            DelayBetweenSecs = f.Seconds("delay_between_secs", "Seconds between iterations."),
        }));

    internal static readonly Shape<LoopControl> Control = new StructShape<LoopControl>("LoopControl", f => new LoopControl
    {
        BreakCondition = f.Optional("break_condition", ConditionLanguage.Any, "Ends the loop when it holds, tested after each iteration."),
        ContinueCondition = f.Optional("continue_condition", ConditionLanguage.Any, "Skips an iteration when it holds, tested before it."),
        CollectResults = f.Or("collect_results", Scalars.Bool, false, "Whether the iterations' outputs are collected."),
        ResultKey = f.Text("result_key", "State key of the collected outputs."),
        TimeoutSecs = f.Seconds("timeout_secs", "Longest time of the whole loop, in seconds.", "timeout"),
        CheckpointInterval = f.OptionalValue("checkpoint_interval", Scalars.Size, "Without effect: every iteration is recorded."),
        MaxIterations = f.OptionalValue("max_iterations", Scalars.Size, "Most iterations."),
    });

    private static CollectionDefinition.File ReadFile(Fields f)
    {
        var path = f.Required("path", Scalars.Text, "Path, may hold references.");
        var format = f.OptionalValue("format", Format, "Format of the content.");
        return new CollectionDefinition.File(path, format ?? InferFormat(path, f.At));
    }

    private static CollectionFormat InferFormat(string? path, Cursor? at)
    {
        var (format, name) = Path.GetExtension(path)?.ToLowerInvariant() switch
        {
            ".json" => (CollectionFormat.Json, "json"),
            ".jsonl" or ".ndjson" => (CollectionFormat.JsonLines, "json_lines"),
            ".csv" => (CollectionFormat.Csv, "csv"),
            _ => (CollectionFormat.Lines, "lines"),
        };
        at?.Reading.Warn(DiagnosticCodes.FormatInferred, $"{at.Name} names no format; {name} is assumed.", at.KeyAt, at.Path,
            $"Add 'format: {name}'.");
        return format;
    }
}
