using Periplon.Core.Reuse;

namespace Periplon.Engine.Resources;

/// <summary>Reads <c>file</c> sources. On a server none lies outside its directory, whatever the path or a link says.</summary>
internal sealed class LibraryFiles(ResourceOptions options)
{
    public async Task<FetchedResource> ReadAsync(ResourceReference.File reference, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(reference.Path, options.Directory);
        if (!options.TrustsAuthor && Refuse(reference, path) is { } refusal)
        {
            return FetchedResource.Failed(refusal);
        }

        try
        {
            await using var file = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous });
            return await BoundedRead.ToEndAsync(file, options.MaxBytes, cancellationToken) is { } bytes
                ? FetchedResource.Found(bytes.Span)
                : FetchedResource.TooLarge(reference.DisplayName, options.MaxBytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return FetchedResource.Failed($"There is no file {path}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return FetchedResource.Failed(Directory.Exists(path) ? $"{path} is a directory; name a file." : $"{path} cannot be read: {e.Message}");
        }
    }

    private string? Refuse(ResourceReference.File reference, string path)
    {
        if (Path.IsPathRooted(reference.Path) || reference.Path.StartsWith("..", StringComparison.Ordinal))
        {
            return $"'{reference.Path}' lies outside {options.Directory}, the only directory that files of workflows on this server come from.";
        }

        for (var part = path; part.Length > options.Directory.Length; part = Path.GetDirectoryName(part)!)
        {
            if (new FileInfo(part).LinkTarget is not null)
            {
                return $"{part} is a symbolic link, which could lead out of {options.Directory}; put the file itself there.";
            }
        }

        return null;
    }
}
