using System.Globalization;
using System.Text.Json;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Core.Executions;

/// <summary>Times that waits end at.</summary>
internal static class WaitTimes
{
    // Ten years: what nobody means, and what times can still be reckoned with.
    private const double LongestSecs = 10 * 365.25 * 24 * 3600;

    internal static DateTimeOffset After(DateTimeOffset now, double seconds) =>
        now + TimeSpan.FromSeconds(Math.Clamp(seconds, 0, LongestSecs));

    /// <summary>When a <c>sleep</c> ends.</summary>
    /// <exception cref="TaskStartException">Its text is no number of seconds, or no time.</exception>
    internal static DateTimeOffset EndOf(SleepDefinition sleep, ITemplateScope scope, DateTimeOffset now)
    {
        if (sleep.Seconds is { } seconds)
        {
            var value = TemplateValues.Render(seconds, scope);
            var text = TemplateValues.ToText(value);
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= 0
                ? After(now, number)
                : throw new TaskStartException($"The sleep is '{text}'; allowed is a number of seconds from 0");
        }

        var until = Template.Parse(sleep.Until ?? "").Render(scope, lenient: false);
        return DateTimeOffset.TryParse(until, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUniversalTime()
            : throw new TaskStartException($"The sleep ends at '{until}'; allowed is a time such as 2030-01-31T08:00:00Z");
    }
}
