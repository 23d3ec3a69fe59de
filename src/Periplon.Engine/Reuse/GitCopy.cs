using System.Globalization;
using System.Text;
using Periplon.Core.Reuse;
using Periplon.Engine.Resources;

namespace Periplon.Engine.Reuse;

/// <summary>The local copy of a git source: made when it is missing, refreshed by the source's policy.</summary>
/// <param name="source">The source.</param>
/// <param name="directory">Directory of the copy.</param>
/// <param name="time">Tells how old the copy is, and ends what takes too long.</param>
internal sealed class GitCopy(TaskSource.Git source, string directory, TimeProvider time)
{
    /// <summary>How long one run of git may take.</summary>
    internal static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    // Beside the copy, not in it: everything inside belongs to the repository.
    private string Stamp => directory + ".fetched";

    /// <summary>Brings the copy up to date.</summary>
    /// <param name="force">Whether to refresh it whatever its policy says; a tag is never refreshed.</param>
    /// <param name="cancellationToken">Ends the fetch.</param>
    /// <returns>The commit of the copy, and what went wrong; an old copy stays in use when it cannot be refreshed.</returns>
    public async Task<(string? Commit, string? Problem)> UpdateAsync(bool force, CancellationToken cancellationToken)
    {
        string? problem = null;
        if (!Directory.Exists(Path.Combine(directory, ".git")))
        {
            problem = await CloneAsync(cancellationToken);
        }
        else if (source.Tag is null && (force || IsOld()))
        {
            problem = await RefreshAsync(cancellationToken);
        }

        if (!Directory.Exists(Path.Combine(directory, ".git")))
        {
            return (null, problem);
        }

        var (commit, failure) = await RunAsync(directory, ["rev-parse", "HEAD"], cancellationToken);
        return (commit?.Trim(), problem ?? failure);
    }

    private bool IsOld()
    {
        var age = File.Exists(Stamp) && DateTimeOffset.TryParse(
            File.ReadAllText(Stamp), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var fetched)
                ? time.GetUtcNow() - fetched
                : TimeSpan.MaxValue;
        return source.UpdatePolicy switch
        {
            SourceUpdatePolicy.Always => true,
            SourceUpdatePolicy.Daily => age > TimeSpan.FromDays(1),
            SourceUpdatePolicy.Weekly => age > TimeSpan.FromDays(7),
            _ => false,
        };
    }

    private async Task<string?> CloneAsync(CancellationToken cancellationToken)
    {
        var parent = Path.GetDirectoryName(directory)!;
        Directory.CreateDirectory(parent);
        var fresh = Path.Combine(parent, "." + Path.GetRandomFileName());
        try
        {
            string[] chosen = (source.Tag ?? source.Branch) is { } name ? ["--branch", name] : [];
            var (_, problem) = await RunAsync(
                parent,
                ["clone", "--quiet", "--depth=1", "--no-recurse-submodules", "--template=", .. chosen, "--", source.Url, fresh],
                cancellationToken);
            if (problem is not null)
            {
                return problem;
            }

            if (Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
            {
                Directory.Delete(directory);
            }

            Directory.Move(fresh, directory);
            await NoteAsync(cancellationToken);
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
        finally
        {
            if (Directory.Exists(fresh))
            {
                Directory.Delete(fresh, recursive: true);
            }
        }
    }

    private async Task<string?> RefreshAsync(CancellationToken cancellationToken)
    {
        var (_, problem) = await RunAsync(
            directory, ["fetch", "--quiet", "--depth=1", "--no-tags", "--", source.Url, source.Branch ?? "HEAD"], cancellationToken);
        if (problem is null)
        {
            (_, problem) = await RunAsync(directory, ["reset", "--quiet", "--hard", "FETCH_HEAD"], cancellationToken);
        }

        if (problem is null)
        {
            await NoteAsync(cancellationToken);
        }

        return problem;
    }

    private Task NoteAsync(CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(Stamp, time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), cancellationToken);

    private async Task<(string? Output, string? Problem)> RunAsync(
        string workingDirectory, string[] arguments, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Deadline, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);

        // The sources are those of whoever runs the command: repositories on this machine, credential helpers and proxies are theirs.
        var options = new ResourceOptions { Directory = workingDirectory, TrustsAuthor = true };
        var git = new GitProcess(workingDirectory, options) { SshCommand = "ssh -o BatchMode=yes" };
        try
        {
            // A repository's links do nothing.
            var (output, error) = await git.RunAsync(["-c", "core.symlinks=false", .. arguments], stop.Token);
            return output is null ? (null, error.TrimEnd('.')) : (Encoding.UTF8.GetString(output), null);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return (null, $"git took longer than {Deadline.TotalMinutes} minutes");
        }
    }
}
