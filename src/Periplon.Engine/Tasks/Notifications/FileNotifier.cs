using System.Text;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Notifications;

/// <summary>
/// Writes notifications to files. Each is written as a whole: writers of one file take turns, those of other processes included, and a
/// file that is replaced is replaced at once.
/// </summary>
internal sealed class FileNotifier(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // By a few locks for all files, so that their number does not grow with the number of files.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, 16).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Writes one; the reason when that fails.</summary>
    internal async Task<string?> SendAsync(
        NotificationChannel.File channel, Notification notification, TaskContext context, CancellationToken cancellationToken)
    {
        var directory = WorkingDirectory.Find(context, out _) ?? context.EnsureDirectory();
        var written = context.Texts.Strict(channel.Path);
        try
        {
            var path = Path.GetFullPath(written, directory);
            var text = context.Texts.Mask(channel.Format switch
            {
                "json" => notification.ToJson(channel.Timestamp, indented: true),
                "jsonlines" => notification.ToJson(channel.Timestamp, indented: false),
                _ => string.Join('\n', notification.ToLines(channel.Timestamp, colored: false)),
            });
            await WriteAsync(path, Encoding.UTF8.GetBytes(text + "\n"), channel.Append, cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"the file '{written}' could not be written: {exception.Message}";
        }
    }

    private async Task WriteAsync(string path, byte[] content, bool append, CancellationToken cancellationToken)
    {
        var turn = _turns[(uint)StringComparer.Ordinal.GetHashCode(path) % _turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (append)
            {
                await using var file = await OpenAloneAsync(path, cancellationToken);
                await file.WriteAsync(content, CancellationToken.None);
            }
            else
            {
                var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
                await File.WriteAllBytesAsync(temporary, content, CancellationToken.None);
                File.Move(temporary, path, overwrite: true);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    // Appending starts where the file ended when it was opened, so that nobody else may write in between.
    private async Task<FileStream> OpenAloneAsync(string path, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None);
            }
            catch (IOException exception) when (exception.GetType() == typeof(IOException) && time.GetElapsedTime(begin) < Patience)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }
}
