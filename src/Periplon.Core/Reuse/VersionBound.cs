using System.Diagnostics.CodeAnalysis;

namespace Periplon.Core.Reuse;

/// <summary>One part of a constraint: an operator and a version whose last numbers may be left out.</summary>
/// <param name="Operator">The operator; <c>*</c> for a wildcard.</param>
/// <param name="Major">First number; null for any version.</param>
/// <param name="Minor">Second number.</param>
/// <param name="Patch">Third number.</param>
/// <param name="Full">The whole version, where all three numbers are given.</param>
internal sealed record VersionBound(string Operator, long? Major, long? Minor, long? Patch, SemanticVersion? Full)
{
    private static readonly string[] Operators = [">=", "<=", ">", "<", "=", "^", "~"];

    internal static bool TryParse(
        string text, [NotNullWhen(true)] out VersionBound? bound, [NotNullWhen(false)] out string? problem)
    {
        bound = null;
        var sign = Operators.FirstOrDefault(each => text.StartsWith(each, StringComparison.Ordinal)) ?? "";
        var version = text[sign.Length..].Trim();
        var core = version.Split('+')[0];
        if (SemanticVersion.TryParse(version, out var full))
        {
            (bound, problem) = (new VersionBound(sign.Length == 0 ? "^" : sign, full.Major, full.Minor, full.Patch, full), null);
            return true;
        }

        problem = $"is no version constraint at '{text}'; allowed are 1.2.3, ^1.2.3, ~1.2.3, =1.2.3, >=1.2.3, <2.0.0, 1.*, lists with "
            + "commas such as '>=1.2, <2', and latest.";
        var parts = core.Split('.');
        if (core.Length == 0 || core.Contains('-', StringComparison.Ordinal) || parts.Length > 3)
        {
            return false;
        }

        var numbers = new long?[3];
        var isWild = false;
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] is "*" or "x" or "X")
            {
                isWild = true;
            }
            else if (isWild || !SemanticVersion.TryNumber(parts[i], out var number))
            {
                return false;
            }
            else
            {
                numbers[i] = number;
            }
        }

        // '>*' would say nothing that can be meant.
        if (numbers[0] is null && sign.Length > 0)
        {
            return false;
        }

        bound = new VersionBound(sign.Length > 0 ? sign : isWild ? "*" : "^", numbers[0], numbers[1], numbers[2], null);
        problem = null;
        return true;
    }

    internal bool Holds(SemanticVersion version) => Operator switch
    {
        _ when Major is null => true,
        "=" or "*" => Full is not null ? version.ComparePrecedence(Full) == 0 : IsInside(version),
        ">" => Full is not null ? version.ComparePrecedence(Full) > 0 : Numbers(version).CompareTo(AfterLast) >= 0,
        ">=" => AtLeast(version),
        "<" => Full is not null ? version.ComparePrecedence(Full) < 0 : Numbers(version).CompareTo(Lowest) < 0,
        "<=" => Full is not null ? version.ComparePrecedence(Full) <= 0 : Numbers(version).CompareTo(AfterLast) < 0,
        "~" => AtLeast(version) && Numbers(version).CompareTo(Minor is null ? AfterLast : (Major.Value, Minor.Value + 1, 0)) < 0,
        _ => AtLeast(version) && Numbers(version).CompareTo(AfterCompatible) < 0,
    };

    internal bool NamesPreReleaseOf(SemanticVersion version) =>
        Full is { IsPreRelease: true } && Numbers(Full) == Numbers(version);

    private (long Major, long Minor, long Patch) Lowest => (Major ?? 0, Minor ?? 0, Patch ?? 0);

    /// <summary>The first three numbers behind all that the written numbers cover.</summary>
    private (long Major, long Minor, long Patch) AfterLast =>
        Minor is null ? (Major!.Value + 1, 0, 0)
        : Patch is null ? (Major!.Value, Minor.Value + 1, 0)
        : (Major!.Value, Minor.Value, Patch.Value + 1);

    /// <summary>The first numbers that may break: behind the leftmost number that is not zero.</summary>
    private (long Major, long Minor, long Patch) AfterCompatible =>
        Major > 0 || Minor is null ? (Major!.Value + 1, 0, 0)
        : Minor > 0 || Patch is null ? (0, Minor.Value + 1, 0)
        : (0, 0, Patch.Value + 1);

    private bool AtLeast(SemanticVersion version) =>
        Full is not null ? version.ComparePrecedence(Full) >= 0 : Numbers(version).CompareTo(Lowest) >= 0;

    private bool IsInside(SemanticVersion version) =>
        Numbers(version).CompareTo(Lowest) >= 0 && Numbers(version).CompareTo(AfterLast) < 0;

    private static (long Major, long Minor, long Patch) Numbers(SemanticVersion version) => (version.Major, version.Minor, version.Patch);
}
