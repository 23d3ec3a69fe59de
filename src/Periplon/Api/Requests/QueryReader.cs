using System.Globalization;
using System.Text.RegularExpressions;
using Periplon.Core.Executions;

namespace Periplon.Api.Requests;

/// <summary>Reads query values and collects what is wrong with them, so that one answer names every mistake.</summary>
internal sealed partial class QueryReader
{
    private readonly List<ProblemError> _errors = [];

    public int Integer(string name, string? text, int fallback, int min, int max)
    {
        if (string.IsNullOrEmpty(text))
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        Refuse(name, $"'{text}' is not allowed; it must be a whole number from {min} to {max}");
        return fallback;
    }

    public long Position(string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }

        Refuse(name, $"'{text}' is not a position; it must be a whole number from 0, such as the answer before gave");
        return 0;
    }

    /// <summary>Seconds to wait, fractions allowed.</summary>
    public TimeSpan Seconds(string name, string? text, int max)
    {
        if (string.IsNullOrEmpty(text))
        {
            return TimeSpan.Zero;
        }

        // No sign is taken, so that the number cannot be negative.
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value <= max)
        {
            return TimeSpan.FromSeconds(value);
        }

        Refuse(name, $"'{text}' is not allowed; it must be a number of seconds from 0 to {max}");
        return TimeSpan.Zero;
    }

    public bool? Flag(string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (bool.TryParse(text, out var value))
        {
            return value;
        }

        Refuse(name, $"'{text}' is not allowed; it must be true or false");
        return null;
    }

    public Guid? Id(string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (Guid.TryParse(text, out var value))
        {
            return value;
        }

        Refuse(name, $"'{text}' is not an id; it must be a UUID");
        return null;
    }

    public DateTimeOffset? Time(string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        // A plus sign that was not escaped arrives as a blank.
        var written = BlankBeforeOffset().Replace(text, "+");
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParse(written, CultureInfo.InvariantCulture, Utc, out var value))
        {
            return value;
        }

        Refuse(name, $"'{text}' is not a time; it must be RFC 3339, such as 2026-11-23T12:00:00Z");
        return null;
    }

    public string? OneOf(string name, string? text, params ReadOnlySpan<string> allowed)
    {
        if (string.IsNullOrEmpty(text) || allowed.Contains(text))
        {
            return string.IsNullOrEmpty(text) ? null : text;
        }

        Refuse(name, $"'{text}' is not allowed; it must be one of {string.Join(", ", allowed)}");
        return null;
    }

    public IReadOnlyList<ExecutionStatus> Statuses(string name, string? text)
    {
        var found = new List<ExecutionStatus>();
        foreach (var word in Words(text))
        {
            if (StatusRules.TryParse(word, out var status))
            {
                found.Add(status);
            }
            else
            {
                var allowed = string.Join(", ", Enum.GetValues<ExecutionStatus>().Select(known => known.ToWord()));
                Refuse(name, $"'{word}' is not a status; allowed are {allowed}");
            }
        }

        return found;
    }

    public IReadOnlyDictionary<string, string> Labels(string name, string[]? texts)
    {
        var labels = new Dictionary<string, string>();
        foreach (var text in texts ?? [])
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                Refuse(name, $"'{text}' is not a label; it must be key:value");
            }
            else if (!labels.TryAdd(text[..colon], text[(colon + 1)..]))
            {
                Refuse(name, $"The label '{text[..colon]}' is given twice; an execution has one value for it");
            }
        }

        return labels;
    }

    public static string[] Words(string? text) =>
        text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>Whether anything was refused so far.</summary>
    public bool HasRefused => _errors.Count > 0;

    public void Refuse(string name, string message) => _errors.Add(new ProblemError(name, message));

    /// <summary>Ends the request when anything was refused.</summary>
    public void ThrowIfRefused()
    {
        if (_errors.Count > 0)
        {
            throw new ApiProblemException(ApiProblem.BadRequest(string.Join("; ", _errors.Select(e => $"{e.Path}: {e.Message}")), _errors));
        }
    }

    [GeneratedRegex(" (?=[0-9]{2}:[0-9]{2}$)")]
    private static partial Regex BlankBeforeOffset();
}
