using System.Collections;
using System.Text;
using CliWrap;
using CliWrap.Exceptions;

namespace Periplon.Engine.Resources;

/// <summary>
/// Runs the <c>git</c> program: without prompts, hooks, templates, work trees or helpers, over the allowed transports only, and on a server
/// without anybody's configuration.
/// </summary>
internal sealed class GitProcess(string directory, ResourceOptions options)
{
    private const int MaxMessageBytes = 2_000;
    private const int MaxListingBytes = 64 * 1024;

    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR"];

    public string SshCommand { get; set; } = "";

    /// <summary>Runs git in the directory; the output up to a bound, or what went wrong.</summary>
    public async Task<(byte[]? Output, string Error)> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        byte[] output = [], error = [];
        string[] fixedOptions =
        [
            "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "http.followRedirects=false", "-c", "gc.auto=0",
            "-c", "maintenance.auto=false", "-c", "fetch.recurseSubmodules=false", "-c", "protocol.version=2",
            .. options.TrustsAuthor ? (string[])[] : ["-c", "credential.helper=", "-c", "http.proxy="],
            "--literal-pathspecs", "--no-replace-objects",
        ];
        var command = Cli.Wrap("git")
            .WithArguments([.. fixedOptions, .. arguments])
            .WithWorkingDirectory(directory)
            .WithEnvironmentVariables(MakeEnvironment())
            .WithStandardOutputPipe(PipeTarget.Create(async (stream, stop) =>
                output = await BoundedRead.HeadAsync(stream, Math.Max(options.MaxBytes, MaxListingBytes), stop)))
            .WithStandardErrorPipe(PipeTarget.Create(async (stream, stop) =>
                error = await BoundedRead.HeadAsync(stream, MaxMessageBytes, stop)))
            .WithValidation(CommandResultValidation.None);
        try
        {
            var result = await command.ExecuteAsync(cancellationToken);
            return (result.IsSuccess ? output : null, LastLine(error));
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or CommandExecutionException)
        {
            return (null, $"the program 'git' could not be started ({e.Message})");
        }
    }

    private Dictionary<string, string?> MakeEnvironment()
    {
        var variables = new Dictionary<string, string?>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (!Inherited.Contains((string)variable.Key))
            {
                variables[(string)variable.Key] = null;
            }
        }

        variables["LC_ALL"] = "C";
        variables["GIT_TERMINAL_PROMPT"] = "0";
        variables["GIT_ASKPASS"] = "";
        variables["SSH_ASKPASS"] = "";
        variables["GIT_CONFIG_NOSYSTEM"] = "1";
        variables["GIT_NO_LAZY_FETCH"] = "1";
        variables["GIT_SSH_COMMAND"] = SshCommand;
        variables["GIT_ALLOW_PROTOCOL"] = options.TrustsAuthor ? "https:ssh:file" : "https:ssh";
        if (!options.TrustsAuthor)
        {
            // A home without configuration, passwords or keys; nothing ever makes it.
            variables["HOME"] = Path.Combine(directory, "no-home");
            variables["SSH_AUTH_SOCK"] = null;
            variables["GIT_SSH_COMMAND"] = SshCommand.Length is 0
                ? ""
                : $"{SshCommand} -F /dev/null -o IdentitiesOnly=yes -o IdentityAgent=none";
            variables["GIT_CONFIG_GLOBAL"] = "/dev/null";
        }

        return variables;
    }

    // git says what it was doing first and what went wrong last.
    private static string LastLine(byte[] error)
    {
        var line = Encoding.UTF8.GetString(error).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(text => text.StartsWith("fatal:", StringComparison.Ordinal) || text.StartsWith("error:", StringComparison.Ordinal))
            ?? "it gave no reason";
        var text = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
    }
}
