using System.Text;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Templates;
using Periplon.Engine.Artifacts;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>
/// Gets the whole texts of outputs that the journal has only a part of, before the texts of an attempt that refer to them are filled in.
/// </summary>
internal sealed class WholeOutputs(IArtifactStore artifacts)
{
    /// <summary>Most bytes of such texts in one attempt: they are held in memory, and once more wherever they are filled in.</summary>
    internal const long MaxBytes = 16 * 1024 * 1024;

    /// <summary>The request with the whole texts among its values, or why they cannot be had.</summary>
    internal async Task<(AttemptRequest Request, TaskOutcome? Failure)> FetchAsync(
        AttemptRequest request, CancellationToken cancellationToken)
    {
        var kept = request.Values
            .Select(value => (Reference: OutputText.ReferenceOf(value.Key), value.Value))
            .Where(value => value.Reference is not null)
            .Select(value => (Reference: value.Reference!, Artifact: value.Value.Deserialize(ExecutionJson.Default.ArtifactReference)!))
            .ToList();
        if (kept.Count is 0)
        {
            return (request, null);
        }

        var size = kept.Sum(one => one.Artifact.Size);
        if (size > MaxBytes)
        {
            var each = string.Join(", ", kept.Select(one => $"{one.Reference} has {one.Artifact.Size} bytes"));
            return (request, TaskOutcome.Failed(
                FailureKinds.Input,
                $"The texts of task '{request.TaskPath}' refer to outputs that are too large to be filled in: {each}; "
                + $"allowed are {MaxBytes} bytes together. Let the tasks share a file instead"));
        }

        var values = request.Values.Where(value => OutputText.ReferenceOf(value.Key) is null)
            .ToDictionary(value => value.Key, value => value.Value, StringComparer.Ordinal);
        foreach (var (reference, artifact) in kept)
        {
            try
            {
                var text = await ReadAsync(artifact, cancellationToken);
                var isOutput = ReferencePath.TryParse(reference, out var path) && path.Segments is [_, _, { Name: "output" }];
                values[reference] = JsonSerializer.SerializeToElement(isOutput ? OutputText.Referenced(text) : text);
            }
            catch (FileNotFoundException)
            {
                return (request, TaskOutcome.Failed(
                    FailureKinds.Input, $"The whole of ${{{reference}}} was kept as {artifact.Uri}, which does not exist any more"));
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Whatever the store's reason; a retry may find it well again.
                return (request, TaskOutcome.Failed(
                    FailureKinds.Internal, $"The whole of ${{{reference}}} could not be read from {artifact.Uri}: {exception.Message}"));
            }
        }

        return (request with { Values = values, WholeOutputs = kept.ConvertAll(one => one.Reference) }, null);
    }

    // The size in the reference is what the attempt was admitted with; a longer content is not what the reference means.
    private async Task<string> ReadAsync(ArtifactReference artifact, CancellationToken cancellationToken)
    {
        await using var content = await artifacts.OpenAsync(artifact, cancellationToken);
        var bytes = new byte[artifact.Size];
        var read = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return read < bytes.Length || await content.ReadAsync(new byte[1], cancellationToken) > 0
            ? throw new InvalidDataException($"it does not have the {artifact.Size} bytes that it had when it was stored")
            : Encoding.UTF8.GetString(bytes);
    }
}
