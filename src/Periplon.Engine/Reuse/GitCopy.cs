using System.Globalization;
using System.Text;
using CliWrap;
using CliWrap.Buffered;
using CliWrap.Exceptions;
using Periplon.Core.Reuse;

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
        // A repository's links and hooks do nothing, and nobody is there to be asked for a password.
        var command = Cli.Wrap("git")
            .WithArguments(["-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", .. arguments])
            .WithWorkingDirectory(workingDirectory)
            .WithEnvironmentVariables(new Dictionary<string, string?>
            {
                ["GIT_TERMINAL_PROMPT"] = "0",
                ["GIT_ASKPASS"] = "",
                ["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes",
                ["LC_ALL"] = "C",
            })
            .WithValidation(CommandResultValidation.None);
        try
        {
            var result = await command.ExecuteBufferedAsync(Encoding.UTF8, stop.Token);
            return result.IsSuccess ? (result.StandardOutput, null) : (null, Reason(result.StandardError));
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return (null, $"git took longer than {Deadline.TotalMinutes} minutes");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or CommandExecutionException)
        {
            return (null, $"the program 'git' could not be started ({e.Message})");
        }
    }

    private static string Reason(string error)
    {
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.LastOrDefault(line => line.StartsWith("fatal:", StringComparison.Ordinal))
            ?? lines.LastOrDefault()
            ?? "git gave no reason";
    }
}
