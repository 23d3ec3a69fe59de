using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Periplon.Core.Reuse;

/// <summary>A version as semver.org 2.0.0 writes it: <c>1.2.3</c>, <c>1.2.3-rc.1</c>, <c>1.2.3+build.5</c>.</summary>
public sealed record SemanticVersion : IComparable<SemanticVersion>
{
    private readonly string[] _preRelease;

    private SemanticVersion(long major, long minor, long patch, string[] preRelease, string build)
    {
        Major = major;
        Minor = minor;
        Patch = patch;
        _preRelease = preRelease;
        PreRelease = string.Join('.', preRelease);
        Build = build;
    }

    /// <summary>First number: grows when something breaks.</summary>
    public long Major { get; }

    /// <summary>Second number: grows with what is added.</summary>
    public long Minor { get; }

    /// <summary>Third number: grows with what is repaired.</summary>
    public long Patch { get; }

    /// <summary>What stands behind the hyphen; empty for a release.</summary>
    public string PreRelease { get; }

    /// <summary>What stands behind the plus sign; it does not count in comparisons, except to break ties.</summary>
    public string Build { get; }

    /// <summary>Whether the version is one before a release.</summary>
    public bool IsPreRelease => _preRelease.Length > 0;

    /// <summary>Reads a version.</summary>
    /// <param name="text">The text, without white space around it.</param>
    /// <param name="version">The version; null when the text is none.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SemanticVersion? version)
    {
        version = null;
        if (text is null)
        {
            return false;
        }

        var plus = text.IndexOf('+', StringComparison.Ordinal);
        var build = plus < 0 ? "" : text[(plus + 1)..];
        var rest = plus < 0 ? text : text[..plus];
        var hyphen = rest.IndexOf('-', StringComparison.Ordinal);
        var preRelease = hyphen < 0 ? [] : rest[(hyphen + 1)..].Split('.');
        var numbers = (hyphen < 0 ? rest : rest[..hyphen]).Split('.');
        if (numbers.Length != 3
            || !TryNumber(numbers[0], out var major)
            || !TryNumber(numbers[1], out var minor)
            || !TryNumber(numbers[2], out var patch)
            || !preRelease.All(IsPreReleasePart)
            || (plus >= 0 && !build.Split('.').All(IsPart)))
        {
            return false;
        }

        version = new SemanticVersion(major, minor, patch, preRelease, build);
        return true;
    }

    /// <summary>Reads a version.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is no version.</exception>
    public static SemanticVersion Parse(string text) => TryParse(text, out var version)
        ? version
        : throw new FormatException($"'{text}' is no version; a version is MAJOR.MINOR.PATCH, such as 1.2.3 or 2.0.0-rc.1.");

    /// <summary>Order of precedence: pre-releases stand before their release; builds of one version by their text.</summary>
    /// <param name="other">The other version.</param>
    public int CompareTo(SemanticVersion? other)
    {
        var precedence = other is null ? 1 : ComparePrecedence(other);
        return precedence != 0 ? precedence : string.CompareOrdinal(Build, other!.Build);
    }

    /// <summary>The version as it is written.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}")
        + (IsPreRelease ? "-" + PreRelease : "")
        + (Build.Length > 0 ? "+" + Build : "");

    /// <summary>Whether both are the same version, builds included.</summary>
    /// <param name="other">The other version.</param>
    public bool Equals(SemanticVersion? other) => other is not null && CompareTo(other) == 0;

    /// <summary>A hash of the version.</summary>
    public override int GetHashCode() => HashCode.Combine(Major, Minor, Patch, PreRelease, Build);

    /// <summary>Whether a version stands before another.</summary>
    public static bool operator <(SemanticVersion left, SemanticVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether a version stands before another or is the same.</summary>
    public static bool operator <=(SemanticVersion left, SemanticVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether a version stands behind another.</summary>
    public static bool operator >(SemanticVersion left, SemanticVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether a version stands behind another or is the same.</summary>
    public static bool operator >=(SemanticVersion left, SemanticVersion right) => left.CompareTo(right) >= 0;

    /// <summary>Order without the builds, which precedence ignores.</summary>
    internal int ComparePrecedence(SemanticVersion other)
    {
        var numbers = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        if (numbers != 0 || (!IsPreRelease && !other.IsPreRelease))
        {
            return numbers;
        }

        if (IsPreRelease != other.IsPreRelease)
        {
            return IsPreRelease ? -1 : 1;
        }

        for (var i = 0; i < Math.Min(_preRelease.Length, other._preRelease.Length); i++)
        {
            var part = ComparePart(_preRelease[i], other._preRelease[i]);
            if (part != 0)
            {
                return part;
            }
        }

        return _preRelease.Length.CompareTo(other._preRelease.Length);
    }

    internal static bool TryNumber(string text, out long number)
    {
        number = 0;
        return text.Length > 0 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static int ComparePart(string left, string right) => (IsNumber(left), IsNumber(right)) switch
    {
        (true, true) => BigInteger.Parse(left, CultureInfo.InvariantCulture).CompareTo(
            BigInteger.Parse(right, CultureInfo.InvariantCulture)),
        (true, false) => -1,
        (false, true) => 1,
        _ => string.CompareOrdinal(left, right),
    };

    private static bool IsPreReleasePart(string part) => IsPart(part) && (!IsNumber(part) || part.Length == 1 || part[0] != '0');

    private static bool IsPart(string part) => part.Length is > 0 and <= 256 && part.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static bool IsNumber(string part) => part.All(char.IsAsciiDigit);
}
