using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Periplon.Core.Reuse;

/// <summary>
/// The texts outside a workflow's file that it is made of, by canonical reference (<see cref="ResourceReference"/>). A revision keeps
/// them, so that its executions run the same texts whatever happens to the sources. Immutable.
/// </summary>
public sealed class WorkflowResources
{
    private readonly ImmutableSortedDictionary<string, WorkflowResource> _entries;

    private WorkflowResources(ImmutableSortedDictionary<string, WorkflowResource> entries) => _entries = entries;

    /// <summary>No resources, as most workflows need.</summary>
    public static WorkflowResources None { get; } =
        new(ImmutableSortedDictionary.Create<string, WorkflowResource>(StringComparer.Ordinal));

    /// <summary>All resources, ordered by reference.</summary>
    public IReadOnlyDictionary<string, WorkflowResource> Entries => _entries;

    /// <summary>The resource of a reference; null when there is none.</summary>
    /// <param name="reference">A canonical reference.</param>
    public WorkflowResource? Find(string reference) => _entries.GetValueOrDefault(reference);

    /// <summary>These and one more. An entry of the same reference is replaced.</summary>
    /// <param name="reference">Its canonical reference.</param>
    /// <param name="resource">The text.</param>
    public WorkflowResources With(string reference, WorkflowResource resource) => new(_entries.SetItem(reference, resource));

    /// <summary>The resources as JSON: equal resources give equal texts. Null when there are none.</summary>
    public string? ToJson() => _entries.IsEmpty
        ? null
        : JsonSerializer.Serialize(new SortedDictionary<string, WorkflowResource>(_entries, StringComparer.Ordinal),
            ResourceJson.Default.SortedDictionaryStringWorkflowResource);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The JSON text; null for no resources.</param>
    /// <exception cref="JsonException">The text is not of this shape.</exception>
    public static WorkflowResources FromJson(string? json) => json is null
        ? None
        : new((JsonSerializer.Deserialize(json, ResourceJson.Default.SortedDictionaryStringWorkflowResource)
            ?? throw new JsonException("The resources are null")).ToImmutableSortedDictionary(StringComparer.Ordinal));
}

/// <summary>One text from outside a workflow's file.</summary>
public sealed record WorkflowResource
{
    /// <summary>The whole text.</summary>
    public required string Text { get; init; }

    /// <summary>SHA-256 of the bytes that were fetched, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Commit that a git source was at, in hexadecimal; null for other sources.</summary>
    public string? Commit { get; init; }

    /// <summary>A resource of a text whose bytes are its UTF-8 form.</summary>
    /// <param name="text">The text.</param>
    /// <param name="commit">Commit of a git source.</param>
    public static WorkflowResource Of(string text, string? commit = null) => Of(Encoding.UTF8.GetBytes(text), commit);

    /// <summary>A resource of fetched bytes, which are read as UTF-8.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="commit">Commit of a git source.</param>
    public static WorkflowResource Of(ReadOnlySpan<byte> bytes, string? commit = null) => new()
    {
        Text = Encoding.UTF8.GetString(bytes), Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)), Commit = commit,
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SortedDictionary<string, WorkflowResource>))]
internal sealed partial class ResourceJson : JsonSerializerContext;
