using Periplon.Core.Executions;
using Periplon.Engine.Artifacts;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Writes the output text to the file a task names under <c>output</c>: at once or not at all.</summary>
internal sealed class OutputFile(IArtifactStore artifacts)
{
    /// <summary>
    /// The file, found before the task runs: a path that cannot be filled in must not cost a run. Null when none is named.
    /// </summary>
    /// <exception cref="Core.Templates.TemplateException">The path refers to what does not exist.</exception>
    internal static string? Find(TaskContext context) =>
        context.Task.Output is { Length: > 0 } written ? Path.GetFullPath(context.Texts.Strict(written), context.Directory) : null;

    /// <summary>Writes it; the reason when that fails.</summary>
    internal async Task<string?> WriteAsync(string path, TaskOutput output, CancellationToken cancellationToken)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                await CopyAsync(output, file, cancellationToken);
            }

            File.Move(temporary, path, overwrite: true);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"The output file {path} could not be written: {exception.Message}";
        }
        finally
        {
            Remove(temporary);
        }
    }

    private async Task CopyAsync(TaskOutput output, Stream file, CancellationToken cancellationToken)
    {
        if (output is { Truncated: true, Artifact: { } artifact })
        {
            await using var whole = await artifacts.OpenAsync(artifact, cancellationToken);
            await whole.CopyToAsync(file, cancellationToken);
        }
        else
        {
            await using var writer = new StreamWriter(file, leaveOpen: true);
            await writer.WriteAsync(output.Text.AsMemory(), cancellationToken);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nothing to remove: its directory could not be made.
        }
    }
}
