using Periplon.Core.Workflows;

namespace Periplon.Core.Yaml;

/// <summary>What one reading of a file collects: its findings and the place of every node.</summary>
/// <param name="textLength">Length of the text, in characters.</param>
internal sealed class Reading(int textLength)
{
    // A file that is wrong throughout says so after this many lines of each severity; more would help nobody.
    private const int MostDiagnostics = 500;

    private readonly List<Diagnostic> _errors = [];
    private readonly List<Diagnostic> _warnings = [];
    private readonly Dictionary<string, SourceLocation> _locations = [];

    // Long keys around many values would make the paths far larger than the text. Past this many characters, values are
    // found by their nearest ancestor instead.
    private long _pathBudget = 1_000_000 + (16L * textLength);

    internal bool HasErrors => _errors.Count > 0;

    /// <summary>Whether further warnings would be dropped, so that nothing need be spent on their wording.</summary>
    internal bool IsFull => _warnings.Count > MostDiagnostics;

    /// <summary>All findings in the order of the file.</summary>
    internal IReadOnlyList<Diagnostic> Diagnostics =>
        [.. _errors.Concat(_warnings).OrderBy(found => found.Line).ThenBy(found => found.Column)];

    internal SourceMap Source => new(_locations);

    internal void Error(string code, string message, SourceLocation at, string path, string? hint = null) =>
        Add(_errors, new Diagnostic(code, DiagnosticSeverity.Error, message, at, path, hint));

    internal void Warn(string code, string message, SourceLocation at, string path, string? hint = null) =>
        Add(_warnings, new Diagnostic(code, DiagnosticSeverity.Warning, message, at, path, hint));

    internal bool CanRemember(int pathLength) => _pathBudget >= pathLength;

    internal void Remember(string path, SourceLocation at)
    {
        _pathBudget -= path.Length + 1;
        _locations.TryAdd(path, at);
    }

    private static void Add(List<Diagnostic> list, Diagnostic found)
    {
        if (list.Count < MostDiagnostics)
        {
            list.Add(found);
        }
        else if (list.Count == MostDiagnostics)
        {
            var message =
                $"The file has more than {MostDiagnostics} {found.Severity.ToString().ToLowerInvariant()}s; the rest is not listed.";
            list.Add(new Diagnostic(DiagnosticCodes.TooManyProblems, found.Severity, message, found.Location, ""));
        }
    }
}
