using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Engine.Artifacts;

namespace Periplon.Engine.Tasks.Caching;

/// <summary>
/// Takes the output of a task with a <c>cache</c> from an earlier attempt with the same key. The cache is a shortcut: when it cannot be
/// reached, the task runs, and the log says so.
/// </summary>
internal sealed class TaskCache(ITaskCacheStore store, IArtifactStore artifacts, TimeProvider time)
{
    /// <summary>The stored output, with artifacts of this execution's own; null when the task has to run.</summary>
    /// <exception cref="Core.Templates.TemplateException">The key refers to what does not exist.</exception>
    internal async Task<TaskOutput?> FindAsync(AttemptRequest request, TaskTexts texts, ITaskLog log, CancellationToken cancellationToken)
    {
        if (KeyOf(request, texts) is not { } key)
        {
            return null;
        }

        try
        {
            if (await store.FindAsync(key, time.GetUtcNow(), cancellationToken) is not { } entry
                || JsonSerializer.Deserialize(entry.Output, ExecutionJson.Default.TaskOutput) is not { } output)
            {
                return null;
            }

            var own = await CopyArtifactsAsync(output, request, cancellationToken);
            log.Write("engine", $"The output is taken from the cache, where it was stored at {entry.CreatedAt:u}");
            return own with { Cached = true };
        }
        catch (FileNotFoundException)
        {
            log.Write("engine", "The output in the cache refers to an artifact that is gone; the task runs");
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            log.Write("engine", texts.Mask($"The cache could not be read, so the task runs: {exception.Message}"));
            return null;
        }
    }

    /// <summary>Stores what a task published, unless it came from here.</summary>
    /// <param name="request">The attempt.</param>
    /// <param name="texts">Texts of the attempt.</param>
    /// <param name="masked">The outcome, its secrets masked.</param>
    /// <param name="log">Log of the attempt.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal async Task StoreAsync(
        AttemptRequest request, TaskTexts texts, TaskOutcome masked, ITaskLog log, CancellationToken cancellationToken)
    {
        if (masked is not { Kind: TaskOutcomeKind.Completed, Output: { Cached: false } output } || KeyOf(request, texts) is not { } key)
        {
            return;
        }

        try
        {
            var now = time.GetUtcNow();
            var entry = new TaskCacheEntry(JsonSerializer.Serialize(output, ExecutionJson.Default.TaskOutput), now);
            await store.SaveAsync(key, entry, EndOf(now, request.Task.Cache!.TtlSecs), cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            log.Write("engine", texts.Mask($"The output could not be stored in the cache: {exception.Message}"));
        }
        catch (OperationCanceledException)
        {
            // The attempt has ended well all the same.
        }
    }

    private static TaskCacheKey? KeyOf(AttemptRequest request, TaskTexts texts)
    {
        if (request is not { Work: AttemptWork.Task, Task.Cache: { } cache })
        {
            return null;
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(texts.Strict(cache.Key))));
        var task = request.Subflow is { } subflow ? $"{subflow}:{request.TaskPath}" : request.TaskPath;
        return new TaskCacheKey(request.Organization, request.WorkflowId, task, hash);
    }

    private static DateTimeOffset? EndOf(DateTimeOffset now, double? seconds) =>
        seconds is null || seconds >= (DateTimeOffset.MaxValue - now).TotalSeconds ? null : now + TimeSpan.FromSeconds(seconds.Value);

    // Artifacts are deleted with the execution that wrote them, which may be long before this one.
    private async Task<TaskOutput> CopyArtifactsAsync(TaskOutput output, AttemptRequest request, CancellationToken cancellationToken)
    {
        var name = $"{request.TaskPath}/{request.Attempt}";
        if (output.Artifact is { } artifact)
        {
            output = output with { Artifact = await CopyAsync(artifact, $"{name}/output", request, cancellationToken) };
        }

        if (output.ValueArtifacts is { } values)
        {
            var copies = new Dictionary<string, ArtifactReference>(StringComparer.Ordinal);
            foreach (var (key, value) in values)
            {
                copies[key] = await CopyAsync(value, $"{name}/outputs/{key}", request, cancellationToken);
            }

            output = output with { ValueArtifacts = copies };
        }

        return output;
    }

    private async Task<ArtifactReference> CopyAsync(
        ArtifactReference artifact, string name, AttemptRequest request, CancellationToken cancellationToken)
    {
        await using var content = await artifacts.OpenAsync(artifact, cancellationToken);
        return await CompressedArtifacts.PutAsync(
            artifacts, request.ExecutionId, name, content, CompressedArtifacts.IsCompressed(artifact), cancellationToken);
    }
}
