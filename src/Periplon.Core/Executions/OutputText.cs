using System.Text.Json;
using Periplon.Core.Templates;

namespace Periplon.Core.Executions;

/// <summary>How an output text reads where it is referred to.</summary>
public static class OutputText
{
    // No reference begins like this, so nothing that a task prints can be taken for an artifact.
    private const string ArtifactPrefix = "artifact:";

    /// <summary>
    /// The text without the line breaks at its end, as a shell's <c>$(…)</c> gives it: programs end what they print with one, and nobody
    /// wants it in the middle of a sentence. What is stored and shown keeps it.
    /// </summary>
    /// <param name="output">The output.</param>
    public static string Referenced(TaskOutput output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Referenced(output.Text);
    }

    /// <inheritdoc cref="Referenced(TaskOutput)"/>
    /// <param name="text">The text; null is empty.</param>
    public static string Referenced(string? text) => text?.TrimEnd('\r', '\n') ?? "";

    /// <summary>
    /// What a worker needs beside the value of a reference when that is only a part of a text: the artifact that has the whole, under the
    /// name <see cref="NameOf"/> gives to the reference that means it.
    /// </summary>
    /// <param name="reference">A reference, such as <c>task.fetch.output.items[0]</c>.</param>
    /// <param name="outputOf">Finds the output of a task by its id; null when there is none.</param>
    /// <returns>The name and the value to send; null when the reference means no such text.</returns>
    public static (string Name, JsonElement Value)? FindArtifact(string reference, Func<string, TaskOutput?> outputOf)
    {
        ArgumentNullException.ThrowIfNull(outputOf);
        if (!ReferencePath.TryParse(reference, out var path) || path.Root != "task")
        {
            return null;
        }

        // The name of a task may have several parts: parent.child, loop[3].
        var id = "";
        var segments = path.Segments;
        (ArtifactReference Artifact, int Length)? found = null;
        for (var at = 1; at < segments.Count - 1; at++)
        {
            id += segments[at].IsIndex ? $"[{segments[at].Index}]" : id.Length == 0 ? segments[at].Name : "." + segments[at].Name;
            if (outputOf(id) is { } output && segments[at + 1].Name is { } member)
            {
                found = Find(output, member, at + 2 < segments.Count ? segments[at + 2].Name : null, at + 2);
            }
        }

        return found is not var (artifact, length) ? null : (
            NameOf(ReferencePath.Of([.. segments.Take(length)]).Text),
            JsonSerializer.SerializeToElement(artifact, ExecutionJson.Default.ArtifactReference));
    }

    private static (ArtifactReference Artifact, int Length)? Find(TaskOutput output, string member, string? name, int length)
    {
        var (artifact, used) = member is "output" ? (output.Truncated ? output.Artifact : null, length)
            : member is "outputs" && name is not null ? (output.ValueArtifacts?.GetValueOrDefault(name), length + 1)
            : (output.ValueArtifacts?.GetValueOrDefault(member), length);
        return artifact is null ? null : (artifact, used);
    }

    /// <summary>The name under which the artifact of a reference is sent.</summary>
    /// <param name="reference">The reference to the whole text.</param>
    public static string NameOf(string reference) => ArtifactPrefix + reference;

    /// <summary>The reference to a whole text, out of the name under which its artifact is sent; null for any other name.</summary>
    /// <param name="name">A name among the values that a worker gets.</param>
    public static string? ReferenceOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.StartsWith(ArtifactPrefix, StringComparison.Ordinal) ? name[ArtifactPrefix.Length..] : null;
    }
}
