using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Periplon.Core.Executions;

namespace Periplon.Engine.Artifacts;

/// <summary>
/// Artifacts as files below one folder: a folder per execution, and in it a file per content, named by its digest. A file appears whole or
/// not at all, and is never written again.
/// </summary>
internal sealed partial class FileArtifactStore(string root) : IArtifactStore, IArtifactInventory
{
    private const int BufferSize = 128 * 1024;
    private const int LongestLabel = 60;

    private readonly string _root = Path.GetFullPath(root);

    public async Task<ArtifactReference> PutAsync(
        Guid executionId, string name, Stream content, CancellationToken cancellationToken)
    {
        var folder = FolderOf(executionId);
        var isNew = !Directory.Exists(folder);
        Directory.CreateDirectory(folder);
        if (isNew)
        {
            // Each name on the way down must be as lasting as the file itself.
            SyncFolder(_root);
            SyncFolder(Path.GetDirectoryName(folder)!);
        }

        var temporary = Path.Combine(folder, $".{Guid.CreateVersion7():N}.tmp");
        try
        {
            var (size, sha256) = await WriteAsync(temporary, content, cancellationToken);
            var file = $"{LabelOf(name)}.{sha256}";
            File.Move(temporary, Path.Combine(folder, file), overwrite: true);
            SyncFolder(folder);
            return new($"file:{executionId:D}/{file}", size, sha256);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    public Task<Stream> OpenAsync(ArtifactReference artifact, CancellationToken cancellationToken)
    {
        var match = UriPattern().Match(artifact.Uri);
        if (!match.Success)
        {
            throw new FileNotFoundException($"Artifact '{artifact.Uri}' is not one of this store, whose artifacts begin with 'file:'");
        }

        var folder = FolderOf(Guid.ParseExact(match.Groups["execution"].ValueSpan, "D"));
        try
        {
            return Task.FromResult<Stream>(new FileStream(
                Path.Combine(folder, match.Groups["file"].Value), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete,
                BufferSize, FileOptions.Asynchronous | FileOptions.SequentialScan));
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new FileNotFoundException($"Artifact '{artifact.Uri}' does not exist any more", exception);
        }
    }

    public Task DeleteAsync(Guid executionId, CancellationToken cancellationToken)
    {
        var folder = FolderOf(executionId);
        if (!Directory.Exists(folder))
        {
            return Task.CompletedTask;
        }

        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Deleted at the same time.
        }

        return Task.CompletedTask;
    }

    /// <summary>The folder of an execution's artifacts.</summary>
    internal string PathOf(Guid executionId) => FolderOf(executionId);

    public int Parts => 256;

    public IEnumerable<ArtifactFolder> List(int part)
    {
        var folder = Path.Combine(_root, part.ToString("x2", CultureInfo.InvariantCulture));
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        foreach (var each in new DirectoryInfo(folder).EnumerateDirectories())
        {
            if (Guid.TryParseExact(each.Name, "D", out var id))
            {
                yield return new(id, each.LastWriteTimeUtc);
            }
        }
    }

    // Two levels, by the random end of the id, so that no folder grows without bounds.
    private string FolderOf(Guid executionId)
    {
        var id = executionId.ToString("D", CultureInfo.InvariantCulture);
        return Path.Combine(_root, id[^2..], id);
    }

    private static async Task<(long Size, string Sha256)> WriteAsync(
        string path, Stream content, CancellationToken cancellationToken)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                digest.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        file.Flush(flushToDisk: true);
        return (file.Length, Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    /// <summary>What a person may read of a name in a folder: never a separator, never a leading dot, never long.</summary>
    private static string LabelOf(string name)
    {
        var label = string.Concat(name.Take(LongestLabel).Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')).Trim('-');
        return label is "" ? "artifact" : label;
    }

    private static void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS keeps its names in a log of its own.
        }

        var descriptor = Native.Open(path, 0);
        if (descriptor < 0)
        {
            throw new IOException($"Folder '{path}' cannot be opened to be synchronized: error {Marshal.GetLastPInvokeError()}");
        }

        try
        {
            if (Native.Sync(descriptor) != 0)
            {
                throw new IOException($"Folder '{path}' cannot be synchronized: error {Marshal.GetLastPInvokeError()}");
            }
        }
        finally
        {
            _ = Native.Close(descriptor);
        }
    }

    [GeneratedRegex(@"\Afile:(?<execution>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})/(?<file>[A-Za-z0-9-]{1,60}\.[0-9a-f]{64})\z")]
    private static partial Regex UriPattern();

    // .NET opens no folders, and has no other way to make a new name in one last.
    private static class Native
    {
        [DllImport("libc", EntryPoint = "open", SetLastError = true, BestFitMapping = false)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        public static extern int Sync(int descriptor);

        [DllImport("libc", EntryPoint = "close", SetLastError = true)]
        public static extern int Close(int descriptor);
    }
}
