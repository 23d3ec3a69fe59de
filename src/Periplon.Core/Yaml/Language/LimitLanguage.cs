using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>Bounds on output and context (reference §16).</summary>
internal static class LimitLanguage
{
    private static readonly LimitsDefinition Usual = new();

    private static readonly Shape<TruncationStrategy> Truncation = new ChoiceShape<TruncationStrategy>(
        ("head", TruncationStrategy.Head), ("tail", TruncationStrategy.Tail), ("both", TruncationStrategy.Both),
        ("summary", TruncationStrategy.Summary));

    private static readonly Shape<CleanupStrategy> Cleanup = new UnionShape<CleanupStrategy>("CleanupStrategy", "type",
        ("most_recent", f => Keep("most_recent", f)),
        ("highest_relevance", f => Keep("highest_relevance", f)),
        ("lru", f => Keep("lru", f)),
        ("direct_dependencies", _ => new CleanupStrategy("direct_dependencies", null)));

    internal static readonly Shape<LimitsDefinition> Limits = new StructShape<LimitsDefinition>("Limits", f => new(new LimitSettings
    {
        MaxStdoutBytes = f.Given("max_stdout_bytes", Scalars.Size, Usual.MaxStdoutBytes, "Most bytes kept of standard output."),
        MaxStderrBytes = f.Given("max_stderr_bytes", Scalars.Size, Usual.MaxStderrBytes, "Most bytes kept of standard error."),
        MaxCombinedBytes = f.Given("max_combined_bytes", Scalars.Size, Usual.MaxCombinedBytes, "Most bytes kept of both."),
        TruncationStrategy = f.Given(
            "truncation_strategy", Truncation, Usual.TruncationStrategy, "Which part of an output that is too long is kept."),
        MaxContextBytes = f.Given("max_context_bytes", Scalars.Size, Usual.MaxContextBytes, "Most bytes of context for an agent."),
        MaxContextTasks = f.Given("max_context_tasks", Scalars.Count, Usual.MaxContextTasks, "Most tasks in an agent's context."),
        ExternalStorageThreshold =
            f.OptionalValue("external_storage_threshold", Scalars.Size, "Size from which an output is stored apart, in bytes."),
        ExternalStorageDir =
            f.GivenText("external_storage_dir", Usual.ExternalStorageDir, "Directory for such outputs in local runs."),
        CompressExternal = f.Given("compress_external", Scalars.Bool, true, "Whether stored outputs are compressed."),
        CleanupStrategy = f.Optional("cleanup_strategy", Cleanup, "Which outputs stay in an agent's context."),
    }));

    internal static readonly Shape<ContextDefinition> Context = new StructShape<ContextDefinition>("Context", f => new ContextDefinition
    {
        Mode = f.Or("mode", Choice.Of("automatic", "manual", "none"), "automatic", "How the outputs an agent sees are chosen."),
        IncludeTasks = f.List("include_tasks", Scalars.Text, "Tasks that are shown."),
        ExcludeTasks = f.List("exclude_tasks", Scalars.Text, "Tasks that are not."),
        MinRelevance = f.Or("min_relevance", Scalars.Number, 0.5, "Least relevance, 0 to 1."),
        MaxBytes = f.OptionalValue("max_bytes", Scalars.Size, "Most bytes."),
        MaxTasks = f.OptionalValue("max_tasks", Scalars.Count, "Most tasks."),
    });

    private static CleanupStrategy Keep(string type, Fields f) =>
        new(type, f.Required("keep_count", Scalars.Count, "How many outputs stay."));
}
