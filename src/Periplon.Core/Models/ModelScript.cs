using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Core.Models;

/// <summary>
/// Answers of language models from a file, so that workflows run without any model: the rules are tried in order, and the first one that
/// matches a prompt answers it.
/// </summary>
public sealed record ModelScript
{
    /// <summary>The rules, in order.</summary>
    public IReadOnlyList<ModelScriptRule> Rules { get; init; } = [];

    /// <summary>What answers prompts that no rule matches; null lets them fail.</summary>
    public ModelScriptRule? Default { get; init; }
}

/// <summary>What is done about a prompt. Files are written first, after the delay; then it answers or fails.</summary>
public sealed record ModelScriptRule
{
    /// <summary>Name in the log; null when it has none.</summary>
    public string? Name { get; init; }

    /// <summary>Which prompts it is for. Default: all.</summary>
    public ModelScriptMatch Match { get; init; } = new();

    /// <summary>How many prompts it is used for; the next ones go to later rules. Default: all.</summary>
    public int? Times { get; init; }

    /// <summary>Seconds before anything happens. Default: 0.</summary>
    public double DelaySecs { get; init; }

    /// <summary>Files to write, content by path; relative paths begin at the task's working directory.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = Map<string>.Empty;

    /// <summary>The answer; may hold placeholders. Default: an empty text.</summary>
    public string? Answer { get; init; }

    /// <summary>The failure; null answers.</summary>
    public ModelScriptFailure? Fail { get; init; }

    /// <summary>Named outputs that the answer sets, by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Outputs { get; init; } = Map<JsonElement>.Empty;

    /// <summary>State values that the answer sets, by key.</summary>
    public IReadOnlyDictionary<string, JsonElement> State { get; init; } = Map<JsonElement>.Empty;

    /// <summary>Where it stands in the file.</summary>
    public SourceLocation At { get; init; } = new(1, 1);
}

/// <summary>Which prompts a rule is for. Every condition that is given must hold; of several values for one, any.</summary>
public sealed record ModelScriptMatch
{
    /// <summary>Task paths; <c>*</c> stands for any characters, <c>?</c> for one.</summary>
    public IReadOnlyList<string> Task { get; init; } = [];

    /// <summary>Agent ids, with the same wildcards; prompts of <c>llm</c> tasks have none.</summary>
    public IReadOnlyList<string> Agent { get; init; } = [];

    /// <summary>Providers.</summary>
    public IReadOnlyList<ModelProvider> Provider { get; init; } = [];

    /// <summary>Model names, with the same wildcards.</summary>
    public IReadOnlyList<string> Model { get; init; } = [];

    /// <summary>Texts, any of which the prompt holds.</summary>
    public IReadOnlyList<string> Prompt { get; init; } = [];

    /// <summary>Regular expression that the prompt matches.</summary>
    public string? PromptPattern { get; init; }

    /// <summary>Attempt numbers, counted from 1.</summary>
    public IReadOnlyList<int> Attempt { get; init; } = [];
}

/// <summary>A failure to answer.</summary>
/// <param name="Message">What the task's error says; may hold placeholders.</param>
/// <param name="Kind">Kind of the failure, as <c>retry.on</c> names it. Default: <c>model</c>.</param>
public sealed record ModelScriptFailure(string Message, string Kind = "model");
