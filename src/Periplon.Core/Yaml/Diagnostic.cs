using Periplon.Core.Workflows;

namespace Periplon.Core.Yaml;

/// <summary>How bad a diagnostic is.</summary>
public enum DiagnosticSeverity
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Info,
    /// <summary>Probably a mistake; the workflow can run.</summary>
    Warning,
    /// <summary>The workflow cannot be stored or run.</summary>
    Error,
}

/// <summary>One finding about a workflow file. The codes are listed in <see cref="DiagnosticCodes"/>.</summary>
/// <param name="Code">Stable code, such as <c>PPL103</c>.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">The thing, what was found and what is allowed.</param>
/// <param name="Location">Line and column.</param>
/// <param name="Path">Path of the node, such as <c>tasks.build.agent</c>.</param>
/// <param name="Hint">What to do about it.</param>
public sealed record Diagnostic(
    string Code, DiagnosticSeverity Severity, string Message, SourceLocation Location, string Path, string? Hint = null)
{
    /// <summary>The fetched file that the location and path are in; null for the workflow's own.</summary>
    public string? File { get; init; }

    /// <summary>Line, counted from 1.</summary>
    public int Line => Location.Line;

    /// <summary>Column, counted from 1.</summary>
    public int Column => Location.Column;

    /// <summary><c>line:column: severity CODE: message</c>, as compilers print it, behind the name of a fetched file.</summary>
    public override string ToString() => $"{(File is null ? "" : $"{File}:")}{Line}:{Column}: {Severity.ToString().ToLowerInvariant()} {Code}: {Message}";
}
