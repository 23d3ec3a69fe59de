using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Validation;

/// <summary>Collects findings and gives each the place of its path.</summary>
internal sealed class ValidationReport(SourceMap source)
{
    private readonly List<Diagnostic> _diagnostics = [];

    internal void Error(string code, string path, string message, string? hint = null) =>
        Add(DiagnosticSeverity.Error, code, path, message, hint);

    internal void Warning(string code, string path, string message, string? hint = null) =>
        Add(DiagnosticSeverity.Warning, code, path, message, hint);

    internal void Info(string code, string path, string message, string? hint = null) =>
        Add(DiagnosticSeverity.Info, code, path, message, hint);

    internal void Add(DiagnosticSeverity severity, string code, string path, string message, string? hint) =>
        _diagnostics.Add(new Diagnostic(code, severity, message, source.Find(path), path, hint));

    /// <summary>All findings in the order of the file. The sort is stable, so rules that meet at one place keep their order.</summary>
    internal IReadOnlyList<Diagnostic> InFileOrder() => [.. _diagnostics.OrderBy(d => d.Line).ThenBy(d => d.Column)];
}
