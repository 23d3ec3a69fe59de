namespace Periplon.Engine.Resources;

/// <summary>What the texts of a workflow may come from, and how much of it.</summary>
internal sealed record ResourceOptions
{
    /// <summary>Directory that <c>file</c> sources begin at: the library of a server, or that of the workflow file.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// Whether files may lie anywhere, and git repositories on this machine: so it is where the workflow's author is the one who runs it,
    /// and could read them anyway. Default: false.
    /// </summary>
    public bool TrustsAuthor { get; init; }

    /// <summary>Whether documents and repositories may be at loopback and private addresses. Default: true.</summary>
    public bool AllowPrivateNetworks { get; init; } = true;

    /// <summary>Largest text, in bytes. Default: 5 MiB.</summary>
    public int MaxBytes { get; init; } = 5 * 1024 * 1024;

    /// <summary>Most texts of one workflow. Default: 200.</summary>
    public int MaxCount { get; init; } = 200;

    /// <summary>Most bytes of all texts of one workflow. Default: 20 MiB.</summary>
    public long MaxTotalBytes { get; init; } = 20 * 1024 * 1024;

    /// <summary>Most bytes that the copy of a git repository may take on disk. Default: 256 MiB.</summary>
    public long MaxRepositoryBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>
    /// How long everything that one workflow takes from outside may take. Shorter than the 30 seconds for which callers wait.
    /// Default: 20 seconds.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Most redirects of one document. Default: 5.</summary>
    public int MaxRedirects { get; init; } = 5;
}

/// <summary>A text that was fetched, or why not.</summary>
internal readonly record struct FetchedResource(Core.Reuse.WorkflowResource? Resource, string? Problem)
{
    public static FetchedResource Found(ReadOnlySpan<byte> bytes, string? commit = null) =>
        new(Core.Reuse.WorkflowResource.Of(bytes, commit), null);

    public static FetchedResource Failed(string problem) => new(null, problem);

    public static FetchedResource TooLarge(string name, long max) =>
        Failed($"{name} is larger than {max / 1024} KiB, the most a text of a workflow may have.");
}
