using System.Globalization;

namespace Periplon.Torture.Ledger;

/// <summary>One line of the ledger: a process says that it begins or has ended an attempt.</summary>
internal sealed record LedgerLine(AttemptKey Key, string Life, int Process, bool IsStart, DateTimeOffset At)
{
    /// <summary>Reads <c>key life process start|end seconds</c>.</summary>
    public static LedgerLine Parse(string text)
    {
        var words = text.Split(' ');
        return words is [var key, var life, var process, "start" or "end", var seconds]
            ? new LedgerLine(
                AttemptKey.Parse(key), life, int.Parse(process, CultureInfo.InvariantCulture), words[3] is "start",
                DateTimeOffset.UnixEpoch.AddTicks((long)(decimal.Parse(seconds, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond)))
            : throw new FormatException($"The ledger has a line '{text}', which is not 'key life process start|end seconds'");
    }
}

/// <summary>The stable key of an attempt: <c>execution/task/attempt</c>.</summary>
internal readonly record struct AttemptKey(Guid Execution, string Task, int Attempt)
{
    public static AttemptKey Parse(string text)
    {
        var last = text.LastIndexOf('/');
        return new(Guid.Parse(text.AsSpan(0, 36)), text[37..last], int.Parse(text.AsSpan(last + 1), CultureInfo.InvariantCulture));
    }

    public override string ToString() => $"{Execution}/{Task}/{Attempt}";
}

/// <summary>One process that ran an attempt, as it told the ledger itself.</summary>
internal sealed class TaskRun(LedgerLine start)
{
    public AttemptKey Key => start.Key;

    public string Life => start.Life;

    public DateTimeOffset StartedAt => start.At;

    public DateTimeOffset? EndedAt { get; set; }

    public override string ToString() =>
        $"{Key} by {Life} (process {start.Process}): {StartedAt:HH:mm:ss.fff} to {(EndedAt is { } end ? $"{end:HH:mm:ss.fff}" : "no end")}";
}
