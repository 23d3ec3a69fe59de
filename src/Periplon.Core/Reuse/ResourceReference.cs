using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>
/// The canonical name of a text outside a workflow's file: <c>file:lib/a.yaml</c> (relative to the directory of the main file, or
/// absolute), <c>git:URL#ref:path</c> (an empty ref is the default branch) or <c>http:URL</c>.
/// </summary>
public abstract record ResourceReference
{
    private ResourceReference() { }

    /// <summary>What diagnostics call the text: the file, the address, or the path in the repository.</summary>
    public abstract string DisplayName { get; }

    /// <summary>A file.</summary>
    /// <param name="Path">Path with <c>/</c>, without <c>.</c>; <c>..</c> stands only at its beginning.</param>
    public sealed record File(string Path) : ResourceReference
    {
        /// <inheritdoc/>
        public override string DisplayName => Path;

        /// <inheritdoc/>
        public override string ToString() => $"file:{Path}";
    }

    /// <summary>A file of a git repository.</summary>
    /// <param name="Url">Repository.</param>
    /// <param name="Ref">Branch, tag or commit; empty means the default branch.</param>
    /// <param name="Path">Path from the root of the repository, normalised as that of <see cref="File"/>.</param>
    public sealed record Git(string Url, string Ref, string Path) : ResourceReference
    {
        /// <inheritdoc/>
        public override string DisplayName => $"{WithoutSecret(Url)}#{Ref}:{Path}";

        /// <inheritdoc/>
        public override string ToString() => $"git:{Url}#{Ref}:{Path}";
    }

    /// <summary>A document on a web server.</summary>
    /// <param name="Url">Address, absolute.</param>
    public sealed record Http(string Url) : ResourceReference
    {
        /// <inheritdoc/>
        public override string DisplayName => WithoutSecret(Url);

        /// <inheritdoc/>
        public override string ToString() => $"http:{Url}";
    }

    /// <summary>
    /// The reference that a source means in the file that names it: a relative path begins at the directory of that file, in its
    /// repository or on its web server.
    /// </summary>
    /// <param name="source">The source, as it is written.</param>
    /// <param name="from">The file that names it; null for the main file.</param>
    public static ResourceReference Of(SubflowSource source, ResourceReference? from) => source switch
    {
        SubflowSource.File file => OfFile(file.Path, from),
        SubflowSource.Git git => new Git(git.Url.Trim(), git.Reference?.Trim() ?? "", Normalise(git.Path.TrimStart('/'))),
        SubflowSource.Http http => new Http(http.Url.Trim()),
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "Not a kind of source"),
    };

    private static ResourceReference OfFile(string path, ResourceReference? from)
    {
        path = path.Replace('\\', '/');
        return from switch
        {
            Git git => git with { Path = Normalise(path.StartsWith('/') ? path.TrimStart('/') : Beside(git.Path, path)) },
            Http http when Uri.TryCreate(http.Url, UriKind.Absolute, out var address)
                && Uri.TryCreate(address, Uri.EscapeDataString(Normalise(path)).Replace("%2F", "/", StringComparison.Ordinal), out var target) =>
                new Http(target.AbsoluteUri),
            File file when !path.StartsWith('/') => new File(Normalise(Beside(file.Path, path))),
            _ => new File(Normalise(path)),
        };
    }

    private static string Beside(string file, string path) => file[..(file.LastIndexOf('/') + 1)] + path;

    private static string Normalise(string path)
    {
        List<string> parts = [];
        foreach (var part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return (path.StartsWith('/') ? "/" : "") + string.Join('/', parts);
    }

    // https://user:token@host: what stands before the @ is nobody's business but git's.
    private static string WithoutSecret(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal);
        var end = start < 0 ? -1 : url.IndexOfAny(['/', '?', '#'], start + 3);
        var at = start < 0 ? -1 : url.LastIndexOf('@', end < 0 ? url.Length - 1 : end, (end < 0 ? url.Length - 1 : end) - start - 2);
        return at < 0 ? url : string.Concat(url.AsSpan(0, start + 3), url.AsSpan(at + 1));
    }
}
