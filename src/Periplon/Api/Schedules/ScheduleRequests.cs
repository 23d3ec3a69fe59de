using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Periplon.Api.Requests;
using Periplon.Core.Schedules;
using Periplon.Core.Templates;
using Periplon.Engine.Schedules;

namespace Periplon.Api.Schedules;

/// <summary>Reads the bodies of schedule requests and names every mistake in them.</summary>
internal static class ScheduleRequests
{
    public const int MaxSeconds = 366 * 86_400;

    private const int MaxName = 128;
    private const int MaxCron = 256;
    private const int MaxDescription = 4096;
    private const int MaxInputs = 64 * 1024;
    private const int MaxJitter = 86_400;
    private const string Known = "name, workflow_id, workflow, cron_expression, interval_secs, timezone, is_active, input_params, inputs, "
        + "description, overlap, missed, missed_window_secs, jitter_secs, start_at, end_at, priority";

    /// <summary>The row as the request wants it; what the request leaves out stays.</summary>
    public static ScheduleRow Apply(SaveScheduleRequest request, ScheduleRow row, DateTimeOffset now, QueryReader fields)
    {
        RefuseUnknown(request.Unknown, Known, fields);
        var changed = row with
        {
            Name = Text("name", request.Name, row.Name, MaxName, fields),
            Description = Text("description", request.Description, row.Description, MaxDescription, fields),
            Inputs = ReadInputs(request, fields) ?? row.Inputs,
            IsActive = request.IsActive ?? row.IsActive,
            MissedWindowSecs = Between("missed_window_secs", request.MissedWindowSecs, 1, MaxSeconds, fields) ?? row.MissedWindowSecs,
            JitterSecs = Between("jitter_secs", request.JitterSecs, 0, MaxJitter, fields) ?? row.JitterSecs,
            Priority = request.Priority ?? row.Priority,
            StartAt = Time("start_at", request.StartAt, row.StartAt, fields),
            EndAt = Time("end_at", request.EndAt, row.EndAt, fields),
        };
        if (request.Overlap is { } overlap)
        {
            fields.OneOf("overlap", overlap, [.. SchedulePolicies.OverlapWords]);
            changed = SchedulePolicies.TryParse(overlap, out OverlapPolicy policy) ? changed with { Overlap = policy } : changed;
        }

        if (request.Missed is { } missed)
        {
            fields.OneOf("missed", missed, [.. SchedulePolicies.MissedWords]);
            changed = SchedulePolicies.TryParse(missed, out MissedPolicy policy) ? changed with { Missed = policy } : changed;
        }

        changed = WithRule(changed, request.CronExpression, request.IntervalSecs, request.Timezone, fields);
        return TryGetRule(changed, now, fields, out var rule) ? changed.Armed(rule, now) : changed;
    }

    /// <summary>A row that is never stored, for its occurrences.</summary>
    public static ScheduleRow Apply(PreviewScheduleRequest request, ScheduleRow row, QueryReader fields)
    {
        RefuseUnknown(request.Unknown, "cron_expression, interval_secs, timezone, start_at, end_at, count, from", fields);
        return WithRule(
            row with
            {
                StartAt = Time("start_at", request.StartAt, null, fields), EndAt = Time("end_at", request.EndAt, null, fields),
            },
            request.CronExpression, request.IntervalSecs, request.Timezone, fields);
    }

    public static void RefuseUnknown(Dictionary<string, JsonElement>? unknown, string known, QueryReader fields)
    {
        foreach (var name in unknown?.Keys ?? Enumerable.Empty<string>())
        {
            fields.Refuse(name, $"is not known; allowed are {known}");
        }
    }

    public static int? Between(string name, int? value, int min, int max, QueryReader fields)
    {
        if (value < min || value > max)
        {
            fields.Refuse(name, $"is {value}; allowed are whole numbers from {min} to {max}");
        }

        return value;
    }

    /// <summary>A time to the second; an empty text takes the value away.</summary>
    public static DateTimeOffset? Time(string name, string? text, DateTimeOffset? before, QueryReader fields) => text switch
    {
        null => before,
        "" => null,
        _ => Time(name, text, fields) is { } time ? time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond)) : before,
    };

    /// <summary>A time at which schedules may tick: from 1970 on.</summary>
    public static DateTimeOffset? Time(string name, string? text, QueryReader fields)
    {
        var time = fields.Time(name, text);
        if (time < DateTimeOffset.UnixEpoch)
        {
            fields.Refuse(name, $"is {time:O}; allowed are times from {DateTimeOffset.UnixEpoch:O} on");
            return null;
        }

        return time;
    }

    private static ScheduleRow WithRule(ScheduleRow row, string? cron, int? interval, string? timezone, QueryReader fields)
    {
        if (cron is not null && interval is not null)
        {
            fields.Refuse("interval_secs", "cannot be given together with cron_expression; give one of them");
        }

        if (cron is not null)
        {
            row = row with { CronExpression = cron.Trim(), IntervalSecs = null };
            if (cron.Length > MaxCron)
            {
                fields.Refuse("cron_expression", $"has {cron.Length} characters; at most {MaxCron} are allowed");
            }
            else if (!CronSchedule.TryParse(cron, out _, out var problem))
            {
                fields.Refuse("cron_expression", problem);
            }
        }
        else if (interval is not null)
        {
            row = row with { CronExpression = null, IntervalSecs = interval };
            Between("interval_secs", interval, 1, MaxSeconds, fields);
        }
        else if (row is { CronExpression: null, IntervalSecs: null })
        {
            fields.Refuse("cron_expression", "is missing; give it, such as '0 3 * * *', or interval_secs");
        }

        if (timezone is not null)
        {
            row = row with { Timezone = timezone };
            if (!TimeZones.TryFind(timezone, out _, out var problem))
            {
                fields.Refuse("timezone", problem);
            }
        }

        if (row.StartAt >= row.EndAt)
        {
            fields.Refuse("end_at", $"is {row.EndAt:O}, which is not after start_at {row.StartAt:O}");
        }

        return row;
    }

    private static bool TryGetRule(ScheduleRow row, DateTimeOffset now, QueryReader fields, [NotNullWhen(true)] out TickRule? rule)
    {
        rule = null;
        if (fields.HasRefused || !row.TryGetRule(out rule, out _))
        {
            return false;
        }

        if (row.IsActive && rule.NextAfter(now) is null)
        {
            var (field, reason) = row.EndAt is null
                ? ("cron_expression", $"'{row.CronExpression}' never comes")
                : ("end_at", $"is {row.EndAt:O}, and until then nothing comes any more");
            fields.Refuse(field, reason);
        }

        return true;
    }

    private static string? Text(string name, string? text, string? before, int max, QueryReader fields)
    {
        if (text?.Length > max)
        {
            fields.Refuse(name, $"has {text.Length} characters; at most {max} are allowed");
        }
        else if (name == "name" && text?.Any(char.IsControl) is true)
        {
            fields.Refuse(name, "must hold no control characters");
        }

        return text switch { null => before, "" => null, _ => text };
    }

    private static string? ReadInputs(SaveScheduleRequest request, QueryReader fields)
    {
        if (request is { InputParams: not null, Inputs: not null })
        {
            fields.Refuse("inputs", "is the same as input_params; give one of them");
        }

        var (name, given) = request.InputParams is { } old ? ("input_params", old) : ("inputs", request.Inputs.GetValueOrDefault());
        if (given.Utf8.IsEmpty)
        {
            return null;
        }

        if (given.Utf8.Span[0] != (byte)'{')
        {
            fields.Refuse(name, "must be a JSON object of input values");
        }
        else if (given.Utf8.Length > MaxInputs)
        {
            fields.Refuse(name, $"has {given.Utf8.Length} bytes; at most {MaxInputs} are allowed");
        }
        else if (ValueLimits.FindProblem(JsonElement.Parse(given.Utf8.Span)) is { } problem)
        {
            fields.Refuse(name, problem);
        }

        return Encoding.UTF8.GetString(given.Utf8.Span);
    }
}
