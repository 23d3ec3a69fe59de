using System.Diagnostics.CodeAnalysis;
using Cronos;
using Periplon.Core.Names;

namespace Periplon.Core.Schedules;

/// <summary>A cron text that was understood: five fields, six with seconds first, or a macro such as <c>@daily</c>.</summary>
public sealed class CronSchedule
{
    private static readonly string[] _macros =
    [
        "@every_second", "@every_minute", "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually",
    ];

    private static readonly (string Name, string Allowed)[] _fields =
    [
        ("second", "0-59"), ("minute", "0-59"), ("hour", "0-23"), ("day of month", "1-31, L (the last) and W (the nearest weekday)"),
        ("month", "1-12 and JAN-DEC"), ("day of week", "0-7 (0 and 7 are Sunday), SUN-SAT, 5L (the last Friday) and 5#2 (the second)"),
    ];

    private readonly CronExpression _expression;

    private CronSchedule(string text, CronExpression expression) => (Text, _expression) = (text, expression);

    /// <summary>The text as it was given, without blanks around it.</summary>
    public string Text { get; }

    /// <summary>Reads a cron text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="schedule">What it means; null when it is wrong.</param>
    /// <param name="problem">The field that is wrong, what it holds and what is allowed; empty when nothing is.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronSchedule? schedule, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        (schedule, problem) = (null, "");
        var fields = trimmed.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (trimmed.StartsWith('@'))
        {
            if (!_macros.Contains(trimmed, StringComparer.OrdinalIgnoreCase))
            {
                var nearest = NearestName.Find(trimmed, _macros) is { } name ? $"; did you mean '{name}'?" : "";
                problem = $"'{trimmed}' is no macro{nearest}; allowed are {string.Join(", ", _macros)}";
                return false;
            }
        }
        else if (fields.Length is not (5 or 6))
        {
            problem = $"'{trimmed}' has {fields.Length} fields; allowed are 5 (minute, hour, day of month, month, day of week), "
                + $"6 (seconds first), or one of {string.Join(", ", _macros)}";
            return false;
        }

        if (TryRead(trimmed, fields.Length, out var expression))
        {
            schedule = new CronSchedule(trimmed, expression);
            return true;
        }

        problem = Describe(fields);
        return false;
    }

    /// <summary>The first occurrence after a time, in UTC; null when there is none until the year 2499.</summary>
    /// <param name="time">The time; an occurrence at exactly this time does not count.</param>
    /// <param name="zone">Where the clock hangs that the text speaks of.</param>
    /// <remarks>
    /// A clock time that spring leaves out occurs at the moment the clock was put forward. One that autumn has twice occurs the first time
    /// only, unless the text repeats by the hour or minute (<c>*/30 * * * *</c>), which goes on evenly through both.
    /// </remarks>
    public DateTimeOffset? NextAfter(DateTimeOffset time, TimeZoneInfo zone) =>
        time >= _end ? null : _expression.GetNextOccurrence(time, zone)?.ToUniversalTime();

    /// <summary>The last occurrence at or before a time, in UTC; null when there is none.</summary>
    /// <param name="time">The time; an occurrence at exactly this time counts.</param>
    /// <param name="zone">Where the clock hangs that the text speaks of.</param>
    public DateTimeOffset? LastUntil(DateTimeOffset time, TimeZoneInfo zone)
    {
        var last = _expression.GetPreviousOccurrence(time >= _end ? _end : time, zone, inclusive: true)?.ToUniversalTime();

        // Backwards the library passes by an occurrence that a gap of the clock has moved to the gap's end; forwards it does not.
        while (last is { } at && NextAfter(at, zone) is { } next && next <= time)
        {
            last = next;
        }

        return last;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    // The library knows no year after it.
    private static readonly DateTimeOffset _end = new(2499, 12, 30, 0, 0, 0, TimeSpan.Zero);

    private static bool TryRead(string text, int fields, [NotNullWhen(true)] out CronExpression? expression) =>
        CronExpression.TryParse(text, fields == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard, out expression!);

    // Each field is tried among stars: the first that fails alone is the one to name.
    private static string Describe(string[] given)
    {
        var known = _fields.AsSpan(_fields.Length - given.Length);
        for (var i = 0; i < given.Length; i++)
        {
            var alone = Enumerable.Repeat("*", given.Length).ToArray();
            alone[i] = given[i];
            if (!TryRead(string.Join(' ', alone), given.Length, out _))
            {
                return $"the field '{known[i].Name}' is '{given[i]}'; allowed are {known[i].Allowed}, * (each), lists such as 1,2, "
                    + "ranges such as 1-5 and steps such as */5";
            }
        }

        return $"'{string.Join(' ', given)}' cannot be read: its fields are right alone, but not together";
    }
}
