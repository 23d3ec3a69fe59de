using System.Text.Json;
using Microsoft.Extensions.AI;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Models;

/// <summary>
/// Where a prompt comes from and what its agent may do: what clients get to know beside the messages, in the additional properties of the
/// chat options.
/// </summary>
internal sealed record PromptOrigin
{
    private const string Key = "periplon";

    /// <summary>Path of the task.</summary>
    public required string TaskPath { get; init; }
    /// <summary>Attempt, counted from 1.</summary>
    public required int Attempt { get; init; }
    /// <summary>Stable key of the attempt, for providers that drop repeated requests.</summary>
    public required string AttemptKey { get; init; }
    /// <summary>Whom the prompt was written for.</summary>
    public required ModelTarget Target { get; init; }
    /// <summary>Working directory of the attempt.</summary>
    public required string Directory { get; init; }
    /// <summary>Agent id; null for <c>llm</c> tasks.</summary>
    public string? Agent { get; init; }
    /// <summary><c>default</c>, <c>acceptEdits</c>, <c>plan</c> or <c>bypassPermissions</c>; null for <c>llm</c> tasks.</summary>
    public string? PermissionMode { get; init; }
    /// <summary>Directories beside the working directory.</summary>
    public IReadOnlyList<string> AllowedDirectories { get; init; } = [];
    /// <summary>Tools that the agent may use; empty means those of the provider.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];
    /// <summary>Most turns of the agent; null means no bound.</summary>
    public int? MaxTurns { get; init; }
    /// <summary>Values merged into the request's body.</summary>
    public IReadOnlyDictionary<string, JsonElement> ExtraParams { get; init; } = new Dictionary<string, JsonElement>(0);

    /// <summary>Adds it to chat options.</summary>
    internal ChatOptions AddTo(ChatOptions options)
    {
        (options.AdditionalProperties ??= [])[Key] = this;
        return options;
    }

    /// <summary>Finds it in chat options.</summary>
    internal static PromptOrigin Of(ChatOptions? options) =>
        options?.AdditionalProperties?.GetValueOrDefault(Key) as PromptOrigin
        ?? throw new InvalidOperationException("The chat options do not say which task the prompt belongs to");
}
