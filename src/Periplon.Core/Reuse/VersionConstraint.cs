using System.Diagnostics.CodeAnalysis;

namespace Periplon.Core.Reuse;

/// <summary>
/// Which versions will do (reference §22.2): <c>1.2.3</c> and <c>^1.2.3</c> (compatible), <c>=1.2.3</c>, <c>~1.2.3</c> (same minor),
/// <c>&gt;</c>, <c>&gt;=</c>, <c>&lt;</c>, <c>&lt;=</c>, wildcards (<c>1.*</c>, <c>1.2.x</c>, <c>*</c>), several of them with commas, which
/// must all hold, and <c>latest</c>. A pre-release will do only where the constraint names a pre-release of the same three numbers.
/// </summary>
public sealed class VersionConstraint
{
    // The packages at hand read a bare version as an exact one and know no commas, so the grammar is read here.
    private readonly VersionBound[] _bounds;

    private VersionConstraint(string text, VersionBound[] bounds)
    {
        Text = text;
        _bounds = bounds;
    }

    /// <summary>The constraint as written.</summary>
    public string Text { get; }

    /// <summary>Reads a constraint; a bare version means a compatible one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="constraint">The constraint; null when the text is none.</param>
    /// <param name="problem">What is wrong with the text, as the end of a sentence; null when nothing is.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out VersionConstraint? constraint, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        constraint = null;
        var trimmed = text.Trim();
        if (trimmed == "latest")
        {
            (constraint, problem) = (new VersionConstraint(trimmed, []), null);
            return true;
        }

        var bounds = new List<VersionBound>();
        foreach (var piece in trimmed.Split(','))
        {
            if (!VersionBound.TryParse(piece.Trim(), out var bound, out var wrong))
            {
                problem = wrong;
                return false;
            }

            bounds.Add(bound);
        }

        (constraint, problem) = (new VersionConstraint(trimmed, [.. bounds]), null);
        return true;
    }

    /// <summary>
    /// Reads the version behind the <c>@</c> of a reference, where a full version without an operator is that very version.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="constraint">The constraint; null when the text is none.</param>
    /// <param name="problem">What is wrong with the text, as the end of a sentence; null when nothing is.</param>
    public static bool TryParseReference(
        string text, [NotNullWhen(true)] out VersionConstraint? constraint, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!SemanticVersion.TryParse(text.Trim(), out var exact))
        {
            return TryParse(text, out constraint, out problem);
        }

        (constraint, problem) = (Exactly(exact), null);
        return true;
    }

    /// <summary>The constraint that only one version meets.</summary>
    /// <param name="version">The version.</param>
    public static VersionConstraint Exactly(SemanticVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return TryParse($"={version}", out var constraint, out var problem)
            ? new VersionConstraint(version.ToString(), constraint._bounds)
            : throw new InvalidOperationException($"The version {version} {problem}");
    }

    /// <summary>Whether a version will do.</summary>
    /// <param name="version">The version.</param>
    public bool Allows(SemanticVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return _bounds.All(bound => bound.Holds(version))
            && (!version.IsPreRelease || _bounds.Any(bound => bound.NamesPreReleaseOf(version)));
    }

    /// <summary>The constraint as written.</summary>
    public override string ToString() => Text;
}
