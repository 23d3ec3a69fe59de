using Periplon.Core.Schedules;

namespace Periplon.Core.Tests.Schedules;

public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("* * * * *")]
    [InlineData("  0   3 * * *  ")]
    [InlineData("*/20 * * * * *")]
    [InlineData("0 0 L * *")]
    [InlineData("0 9 * * MON#2")]
    [InlineData("0 0 29 2 *")]
    [InlineData("@daily")]
    [InlineData("@every_second")]
    public void TryParse_GoodText_KeepsIt(string text)
    {
        CronSchedule.TryParse(text, out var schedule, out var problem).ShouldBeTrue(problem);
        schedule!.Text.ShouldBe(text.Trim());
        problem.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("* 25 * * *", "the field 'hour' is '25'; allowed are 0-23, ")]
    [InlineData("61 * * * * *", "the field 'second' is '61'; allowed are 0-59, ")]
    [InlineData("61 * * * *", "the field 'minute' is '61'; allowed are 0-59, ")]
    [InlineData("* * 0 * *", "the field 'day of month' is '0'; allowed are 1-31, ")]
    [InlineData("* * * FOO *", "the field 'month' is 'FOO'; allowed are 1-12 and JAN-DEC, ")]
    [InlineData("* * * * 8", "the field 'day of week' is '8'; allowed are 0-7 ")]
    [InlineData("H * * * *", "the field 'minute' is 'H'; ")]
    [InlineData("5-1/ * * * *", "the field 'minute' is '5-1/'; ")]
    [InlineData("* * *", "'* * *' has 3 fields; allowed are 5 (minute, ")]
    [InlineData("", "'' has 0 fields; allowed are 5 (minute, ")]
    [InlineData("@dayly", "'@dayly' is no macro; did you mean '@daily'?; allowed are @every_second, ")]
    [InlineData("@reboot", "'@reboot' is no macro; allowed are ")]
    public void TryParse_BadText_NamesFieldFoundAndAllowed(string text, string problem)
    {
        CronSchedule.TryParse(text, out var schedule, out var found).ShouldBeFalse();
        schedule.ShouldBeNull();
        found.ShouldStartWith(problem);
    }

    /// <summary>What the clocks of the world do; all times of the expectation are UTC.</summary>
    [Theory]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T01:00", "2026-03-30T00:30")] // Left out: when the clock jumps.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:30", "2026-10-26T01:30")] // Twice: the first time.
    [InlineData("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:15", "2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30")]
    [InlineData(
        "*/30 2 * * *", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30",
        "2026-10-26T01:00")]
    [InlineData("15 2 * * *", "America/New_York", "2026-03-07T12:00", "2026-03-08T07:00", "2026-03-09T06:15")]
    [InlineData("30 1 * * *", "America/New_York", "2026-10-31T12:00", "2026-11-01T05:30", "2026-11-02T06:30")]
    [InlineData("30 2 * * *", "Australia/Sydney", "2026-04-04T00:00", "2026-04-04T15:30", "2026-04-05T16:30")] // The south: April is autumn.
    [InlineData("30 2 * * *", "Australia/Sydney", "2026-10-03T00:00", "2026-10-03T16:00", "2026-10-04T15:30")]
    [InlineData("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", "2026-10-03T15:30", "2026-10-04T15:15")] // Half an hour of summer time.
    [InlineData("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00", "2026-04-04T14:45", "2026-04-05T15:15")]
    [InlineData("30 2 * * *", "America/St_Johns", "2026-03-07T12:00", "2026-03-08T05:30", "2026-03-09T05:00")]
    [InlineData("0 9 * * *", "Asia/Kolkata", "2026-06-01T00:00", "2026-06-01T03:30", "2026-06-02T03:30")]
    [InlineData("0 0 * * *", "Asia/Kathmandu", "2026-06-01T00:00", "2026-06-01T18:15", "2026-06-02T18:15")]
    [InlineData("0 0 29 2 *", "UTC", "2026-01-01T00:00", "2028-02-29T00:00", "2032-02-29T00:00")]
    [InlineData("0 0 L * *", "UTC", "2026-01-31T00:00", "2026-02-28T00:00", "2026-03-31T00:00")]
    [InlineData("0 12 * * 5#3", "UTC", "2026-11-01T00:00", "2026-11-20T12:00", "2026-12-18T12:00")]
    public void NextAfter_AroundChangesOfTheClock_IsAsTheTableSays(string cron, string zone, string from, params string[] expected)
    {
        var schedule = Parse(cron);
        var clock = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var times = new List<string>();
        for (DateTimeOffset? at = Utc(from); times.Count < expected.Length;)
        {
            at = schedule.NextAfter(at.ShouldNotBeNull(), clock);
            times.Add(at.ShouldNotBeNull().ToString("yyyy-MM-dd'T'HH:mm"));
            at.Value.Offset.ShouldBe(TimeSpan.Zero);
        }

        times.ShouldBe(expected);
    }

    [Fact]
    public void NextAfter_DateThatNeverComes_IsNull()
    {
        Parse("0 0 31 2 *").NextAfter(Utc("2026-01-01T00:00"), TimeZoneInfo.Utc).ShouldBeNull();
        Parse("* * * * *").NextAfter(DateTimeOffset.MaxValue, TimeZoneInfo.Utc).ShouldBeNull();
        Parse("0 0 31 2 *").LastUntil(DateTimeOffset.MaxValue, TimeZoneInfo.Utc).ShouldBeNull();
    }

    [Theory]
    [InlineData("Europe/Berlin", true, "")]
    [InlineData("UTC", true, "")]
    [InlineData("Europe/Berln", false, "'Europe/Berln' is no time zone; did you mean 'Europe/Berlin'? Allowed are IANA names")]
    [InlineData("../../etc/passwd", false, "'../../etc/passwd' is no time zone. Allowed are IANA names")]
    [InlineData("", false, "'' is no time zone")]
    public void TryFind_Zone_IsFoundOrTheNearestIsNamed(string name, bool found, string problem)
    {
        TimeZones.TryFind(name, out var zone, out var text).ShouldBe(found);
        (zone is not null).ShouldBe(found);
        text.ShouldStartWith(problem);
    }

    [Fact]
    public void LastUntil_OccurrenceThatAGapHasMoved_IsFoundBackwardsToo()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
        var moved = new DateTimeOffset(2027, 3, 14, 7, 0, 0, TimeSpan.Zero);
        var schedule = Parse("* * 0-2 * * *");
        schedule.NextAfter(moved.AddSeconds(-1), zone).ShouldBe(moved);
        schedule.LastUntil(moved, zone).ShouldBe(moved);
        schedule.LastUntil(moved.AddHours(5), zone).ShouldBe(moved);
    }

    internal static CronSchedule Parse(string text)
    {
        CronSchedule.TryParse(text, out var schedule, out var problem).ShouldBeTrue(problem);
        return schedule!;
    }

    internal static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text + "Z");
}
