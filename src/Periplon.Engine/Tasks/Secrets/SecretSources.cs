using System.Diagnostics.CodeAnalysis;
using System.Text;
using Periplon.Core.Workflows;
using Periplon.Engine.Files;

namespace Periplon.Engine.Tasks.Secrets;

/// <summary>The secrets of a workflow, read on this machine, each once.</summary>
internal sealed class SecretSources(WorkflowDefinition workflow, TaskOptions options)
{
    private const int MaxFileBytes = 1024 * 1024;

    private readonly Dictionary<string, (string? Value, string? Problem)> _read = new(StringComparer.Ordinal);

    /// <summary>The values that can be read; a secret that nobody asks for may be missing without harm.</summary>
    internal IEnumerable<string> Values => workflow.Secrets.Keys.Select(name => Find(name).Value).OfType<string>();

    /// <summary>Whether the workflow declares a secret.</summary>
    internal bool Declares(string name) => workflow.Secrets.ContainsKey(name);

    /// <summary>Reads a declared secret.</summary>
    internal bool TryGet(string name, [NotNullWhen(true)] out string? value, [NotNullWhen(false)] out string? problem)
    {
        (value, problem) = Find(name);
        return value is not null || (problem ??= $"The secret '{name}' is not declared") is null;
    }

    private (string? Value, string? Problem) Find(string name)
    {
        lock (_read)
        {
            if (!_read.TryGetValue(name, out var found))
            {
                _read[name] = found = workflow.Secrets.TryGetValue(name, out var secret) ? Read(name, secret.Source) : default;
            }

            return found;
        }
    }

    private (string? Value, string? Problem) Read(string name, SecretSource source) => source switch
    {
        SecretSource.Value inline => (inline.Text, null),
        SecretSource.Env variable => ReadVariable(name, variable.Var),
        SecretSource.File file => ReadFile(name, file.Path),
        _ => (null, $"The secret '{name}' has a source this version does not know"),
    };

    // The server's own settings, its database password among them, live in the same environment; a workflow must not name them.
    private (string? Value, string? Problem) ReadVariable(string name, string variable) =>
        options.ForbiddenSecretVariables.Any(pattern => NamePattern.Matches(pattern, variable))
            ? (null, $"The secret '{name}' must not read the environment variable '{variable}', which belongs to the server")
        : Environment.GetEnvironmentVariable(variable) is { } value ? (value, null)
        : (null, $"The secret '{name}' reads the environment variable '{variable}', which is not set for this worker");

    private static (string? Value, string? Problem) ReadFile(string name, string path)
    {
        try
        {
            return RegularFile.ReadBytes(path, MaxFileBytes) is { } bytes
                ? (TrimLineBreak(TextOf(bytes)), null)
                : (null, $"The secret '{name}' reads the file {path} of more than {MaxFileBytes} bytes, which are allowed");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, $"The secret '{name}' could not be read on this worker: {exception.Message}");
        }
    }

    // Through a reader, which leaves out a mark of the encoding at the beginning.
    private static string TextOf(byte[] bytes)
    {
        using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static string TrimLineBreak(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
}

/// <summary>Names of environment variables, where a trailing <c>*</c> stands for any end.</summary>
internal static class NamePattern
{
    internal static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*')
            ? name.StartsWith(pattern[..^1], StringComparison.Ordinal)
            : string.Equals(pattern, name, StringComparison.Ordinal);
}
