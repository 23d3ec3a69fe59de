using System.Text;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Files;
using Periplon.Engine.Resources;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>
/// Produces what a task declares under <c>outputs</c> and <c>set_state</c>, out of the result of the attempt that just ended well.
/// </summary>
internal sealed class NamedOutputs(TaskOptions options, IArtifactStore artifacts)
{
    // A longer output text is not worth reading back from the store to look for a member in it.
    private const long MaxReadBack = 1024 * 1024;

    private const int ReadBytes = 64 * 1024;

    /// <summary>Adds the declared outputs to an output; the reason when one cannot be produced.</summary>
    internal async Task<CapturedOutput> ProduceAsync(
        TaskContext context, TaskTexts texts, TaskOutput output, CancellationToken cancellationToken)
    {
        var (task, values) = (context.Task, ToDictionary(output.Values));
        if (task.Outputs.Count is 0 && task.SetState.Count is 0)
        {
            return new CapturedOutput(output, null);
        }

        var whole = new Dictionary<string, ArtifactReference>(StringComparer.Ordinal);
        var scope = new OwnResultScope(texts, context.TaskPath, output, values, await ReadBackAsync(output, cancellationToken));
        foreach (var (name, definition) in task.Outputs)
        {
            var (value, problem) = definition.Source is OutputSource.File file
                ? await ReadFileAsync(name, file.Path, context, scope, whole, cancellationToken)
                : Produce(definition, context, output, scope);
            problem ??= value is { } produced && SizeOf(produced) > MaxSizeOf(definition)
                ? $"its value takes {SizeOf(produced)} bytes; allowed are {options.MaxValueBytes}" : null;
            value = problem is null && value is { } typed && !whole.ContainsKey(name)
                ? OutputTypes.Fit(typed, definition.Type, out problem) : value;
            if (problem is not null)
            {
                return new CapturedOutput(output, $"The output '{name}' could not be produced: {problem}");
            }

            if (value is not null)
            {
                values[name] = value.Value;
            }
        }

        var state = ToDictionary(output.State);
        foreach (var (key, definition) in task.SetState)
        {
            state[key] = TemplateValues.Render(definition, scope);
        }

        return new CapturedOutput(
            output with { Values = OrNull(values), State = OrNull(state), ValueArtifacts = whole.Count is 0 ? null : whole }, null);
    }

    private static (JsonElement? Value, string? Problem) Produce(
        OutputDefinition definition, TaskContext context, TaskOutput output, OwnResultScope scope)
    {
        try
        {
            return definition.Source switch
            {
                OutputSource.State state => Resolve(state.Key, output, scope),
                OutputSource.TaskOutput of when OwnResultScope.Means(of.Task, context.TaskPath) =>
                    (JsonSerializer.SerializeToElement(output.Text ?? ""), null),
                // What is not among the values of the attempt is left to the execution, which knows it.
                OutputSource.TaskOutput of => scope.TryResolve($"task.{of.Task}.output", out var other) ? (other, null) : default,
                _ when definition.Value is { } value => (TemplateValues.Render(value, scope), null),
                _ => default,
            };
        }
        catch (Exception exception) when (exception is TemplateException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, exception.Message);
        }
    }

    private async Task<(JsonElement? Value, string? Problem)> ReadFileAsync(
        string name, string written, TaskContext context, OwnResultScope scope, Dictionary<string, ArtifactReference> whole,
        CancellationToken cancellationToken)
    {
        try
        {
            var directory = WorkingDirectory.Find(context, out _) ?? context.Directory;
            var path = Path.GetFullPath(Template.Parse(written).Render(scope, lenient: false), directory);
            // Opened once, so that every look is at the same file, and bounded by what is read: a task may leave anything behind.
            await using var file = RegularFile.Open(path);
            if (file.Length > options.MaxSpillBytes)
            {
                return (null, $"the file {path} has {file.Length} bytes; allowed are {options.MaxSpillBytes}");
            }

            if (await BoundedRead.ToEndAsync(file, options.MaxValueBytes, cancellationToken) is { } bytes)
            {
                return (JsonSerializer.SerializeToElement(Utf8Text.Decode(bytes.Span)), null);
            }

            whole[name] = await StoreAsync(FromStart(), name, context, cancellationToken);
            return (JsonSerializer.SerializeToElement(await PartOfAsync(FromStart(), context, cancellationToken)), null);

            BoundedStream FromStart()
            {
                file.Position = 0;
                return new BoundedStream(file, $"the file {path}", options.MaxSpillBytes);
            }
        }
        catch (Exception exception) when (exception is TemplateException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, exception.Message);
        }
    }

    private async Task<ArtifactReference> StoreAsync(Stream content, string name, TaskContext context, CancellationToken cancellationToken)
    {
        await using var masked = new MaskingStream([content], context.Texts, options.MaxLineBytes);
        return await CompressedArtifacts.PutAsync(
            artifacts, context.ExecutionId, $"{context.TaskPath}/{context.Attempt}/outputs/{name}", masked, context.Limits.CompressExternal,
            cancellationToken);
    }

    private async Task<string> PartOfAsync(Stream content, TaskContext context, CancellationToken cancellationToken)
    {
        var part = new KeptText(options.MaxValueBytes, context.Limits.TruncationStrategy, context.Texts);
        var buffer = new byte[ReadBytes];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            part.Append(buffer.AsSpan(0, read));
        }

        return part.Text();
    }

    private static (JsonElement? Value, string? Problem) Resolve(string key, TaskOutput output, OwnResultScope scope) =>
        output.State?.TryGetValue(key, out var set) is true || output.Values?.TryGetValue(key, out set) is true
            || scope.TryResolve($"state.{key}", out set)
            ? (set, null)
            : (null, $"the state has no key '{key}'; a line '::set-state {key}=value' on standard output sets it");

    // Only a text that is missing from the journal, and not too long, is fetched again.
    private async Task<string?> ReadBackAsync(TaskOutput output, CancellationToken cancellationToken)
    {
        if (output is not { Truncated: true, Artifact: { Size: <= MaxReadBack } artifact })
        {
            return output.Text;
        }

        await using var stream = await artifacts.OpenAsync(artifact, cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    // The output text of a task is bounded already, and escaping must not make it too long.
    private long MaxSizeOf(OutputDefinition definition) => definition.Source is null ? options.MaxValueBytes : long.MaxValue;

    private static int SizeOf(JsonElement value) => Encoding.UTF8.GetByteCount(value.GetRawText());

    private static Dictionary<string, JsonElement> ToDictionary(IReadOnlyDictionary<string, JsonElement>? values) =>
        values is null ? new(StringComparer.Ordinal) : new(values, StringComparer.Ordinal);

    private static Dictionary<string, JsonElement>? OrNull(Dictionary<string, JsonElement> values) => values.Count is 0 ? null : values;
}
