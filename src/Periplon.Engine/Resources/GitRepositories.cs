using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Periplon.Core.Reuse;
using Periplon.Engine.Tasks.Http;

namespace Periplon.Engine.Resources;

/// <summary>
/// Fetches <c>git</c> sources for one workflow. Each branch, tag or commit is fetched once, so that all its files come from one commit; the
/// copies are deleted at the end.
/// </summary>
internal sealed partial class GitRepositories(IHttpTargetPolicy policy, ResourceOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan SizeInterval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<(string Url, string Ref), (GitProcess? Git, string? Commit, string? Problem)> _copies = [];
    private readonly List<DirectoryInfo> _directories = [];

    /// <summary>Reads a file of a repository.</summary>
    /// <param name="reference">The file.</param>
    /// <param name="isTrusted">Whether the workflow itself names it, or a file of this machine, rather than something fetched.</param>
    /// <param name="cancellationToken">Ends the fetch.</param>
    public async Task<FetchedResource> ReadAsync(ResourceReference.Git reference, bool isTrusted, CancellationToken cancellationToken)
    {
        var name = reference.DisplayName;
        if (reference.Path.StartsWith("..", StringComparison.Ordinal) || reference.Path.Length == 0)
        {
            return FetchedResource.Failed($"'{reference.Path}' lies outside the repository {new ResourceReference.Http(reference.Url).DisplayName}.");
        }

        var key = (reference.Url, reference.Ref);
        if (!_copies.TryGetValue(key, out var copy))
        {
            _copies[key] = copy = await CopyAsync(reference, isTrusted, cancellationToken);
        }

        return copy is { Git: { } git, Commit: { } commit }
            ? await ReadAsync(git, commit, reference, cancellationToken)
            : FetchedResource.Failed($"{name} was not fetched: {copy.Problem}.");
    }

    public void Dispose()
    {
        foreach (var directory in _directories)
        {
            try
            {
                directory.Delete(recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A git process that was just killed may still be writing; what it leaves is the system's to clean.
            }
        }
    }

    private async Task<(GitProcess? Git, string? Commit, string? Problem)> CopyAsync(
        ResourceReference.Git reference, bool isTrusted, CancellationToken cancellationToken)
    {
        var (pin, ssh, problem) = await CheckAsync(reference.Url, isTrusted, cancellationToken);
        if (problem is not null)
        {
            return (null, null, problem);
        }

        var directory = Directory.CreateTempSubdirectory("periplon-git-");
        _directories.Add(directory);
        var git = new GitProcess(directory.FullName, options) { SshCommand = ssh };
        if (await git.RunAsync(["init", "--bare", "--quiet", "--template="], cancellationToken) is (null, var reason))
        {
            return (null, null, reason);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = WatchSizeAsync(directory, stop);
        try
        {
            var (commit, failure) = await FetchAsync(git, pin, reference, stop.Token);
            return (git, commit, failure);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, null, $"the repository takes more than {options.MaxRepositoryBytes / (1024 * 1024)} MiB");
        }
        finally
        {
            await stop.CancelAsync();
            await watch;
        }
    }

    private async Task<(string[] Pin, string Ssh, string? Problem)> CheckAsync(
        string url, bool isTrusted, CancellationToken cancellationToken)
    {
        if (GitAddress.TryParse(url) is not { } address)
        {
            return ([], "", "the address is none of a git repository over https or ssh");
        }

        if (address.Transport is GitTransport.Local)
        {
            return options.TrustsAuthor && isTrusted
                ? ([], "", null)
                : ([], "", "repositories on this machine are for workflows that are run from their file; allowed are https and ssh");
        }

        try
        {
            var addresses = await Dns.GetHostAddressesAsync(address.Host, cancellationToken);
            var refusal = addresses.Select(target => policy.Refuse(address.Host, target)).FirstOrDefault(found => found is not null);
            var (pin, ssh) = address.Pin(addresses);
            return (pin, ssh, addresses.Length == 0 ? $"the name '{address.Host}' has no address" : refusal);
        }
        catch (SocketException e)
        {
            return ([], "", $"the name '{address.Host}' could not be resolved ({e.Message})");
        }
    }

    private async Task<(string? Commit, string? Problem)> FetchAsync(
        GitProcess git, string[] pin, ResourceReference.Git reference, CancellationToken cancellationToken)
    {
        var address = GitAddress.TryParse(reference.Url)!;
        var url = address.Transport is GitTransport.Local && !address.Url.Contains("://", StringComparison.Ordinal)
            ? Path.GetFullPath(address.Url, options.Directory)
            : address.Url;
        var wanted = reference.Ref.Length == 0 ? "HEAD" : reference.Ref;
        string[] fetch = [.. pin, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules"];
        var (done, error) = await git.RunAsync([.. fetch, "--depth=1", "--", url, wanted], cancellationToken);
        var found = "FETCH_HEAD";
        if (done is null && Hash().IsMatch(wanted))
        {
            // An abbreviated hash, or a server that does not give out single commits: the whole history has it.
            (done, error) = await git.RunAsync(
                [.. fetch, "--", url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], cancellationToken);
            found = wanted;
        }

        if (done is null)
        {
            return (null, error.Replace(url, new ResourceReference.Http(url).DisplayName, StringComparison.Ordinal));
        }

        var (commit, _) = await git.RunAsync(
            ["rev-parse", "--verify", "--quiet", "--end-of-options", $"{found}^{{commit}}"], cancellationToken);
        return commit is null
            ? (null, $"the repository has no branch, tag or commit '{wanted}'")
            : (Encoding.ASCII.GetString(commit).Trim(), null);
    }

    private async Task<FetchedResource> ReadAsync(
        GitProcess git, string commit, ResourceReference.Git reference, CancellationToken cancellationToken)
    {
        var (listing, error) = await git.RunAsync(
            ["ls-tree", "-z", "-l", "--full-tree", commit, "--", reference.Path], cancellationToken);
        if (listing is null)
        {
            return FetchedResource.Failed($"{reference.DisplayName} cannot be read: {error}.");
        }

        // mode, type, object and size, a tab, the path.
        var entry = Encoding.UTF8.GetString(listing).Split('\t')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (entry)
        {
            case []:
                return FetchedResource.Failed($"{reference.DisplayName}: commit {commit[..12]} has no file '{reference.Path}'.");
            case ["100644" or "100755", "blob", var id, var size]:
                if (!long.TryParse(size, out var bytes) || bytes > options.MaxBytes)
                {
                    return FetchedResource.TooLarge(reference.DisplayName, options.MaxBytes);
                }

                var (text, reason) = await git.RunAsync(["cat-file", "blob", id], cancellationToken);
                return text is null
                    ? FetchedResource.Failed($"{reference.DisplayName} cannot be read: {reason}.")
                    : FetchedResource.Found(text, commit);
            default:
                var what = entry[0] == "120000" ? "a symbolic link" : entry[0] == "160000" ? "a submodule" : "a directory";
                return FetchedResource.Failed($"{reference.DisplayName} is {what}; name a file.");
        }
    }

    private async Task WatchSizeAsync(DirectoryInfo directory, CancellationTokenSource stop)
    {
        using var timer = new PeriodicTimer(SizeInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                if (SizeOf(directory) > options.MaxRepositoryBytes)
                {
                    await stop.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The fetch ended.
        }
    }

    private static long SizeOf(DirectoryInfo directory)
    {
        try
        {
            return directory.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        }
        catch (IOException)
        {
            // git renames its files meanwhile; the next look counts them.
            return 0;
        }
    }

    [GeneratedRegex("^[0-9a-fA-F]{4,64}$")]
    private static partial Regex Hash();
}
