using System.Diagnostics.CodeAnalysis;
using Periplon.Core.Names;

namespace Periplon.Core.Schedules;

/// <summary>Time zones by their IANA names.</summary>
public static class TimeZones
{
    /// <summary>Finds a time zone.</summary>
    /// <param name="name">Name such as <c>Europe/Berlin</c> or <c>UTC</c>.</param>
    /// <param name="zone">The zone; null when there is none.</param>
    /// <param name="problem">What was found and what is allowed; empty when there is one.</param>
    public static bool TryFind(string name, [NotNullWhen(true)] out TimeZoneInfo? zone, out string problem)
    {
        ArgumentNullException.ThrowIfNull(name);
        problem = "";

        // Names become paths of files, so only characters of such names get that far.
        if (name.Length is > 0 and <= 64 && name.All(IsAllowed) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone))
        {
            return true;
        }

        zone = null;
        var nearest = NearestName.Find(name, TimeZoneInfo.GetSystemTimeZones().Select(known => known.Id));
        problem = $"'{name}' is no time zone" + (nearest is null ? ". " : $"; did you mean '{nearest}'? ")
            + "Allowed are IANA names such as UTC, Europe/Berlin, America/New_York";
        return false;
    }

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+';
}
