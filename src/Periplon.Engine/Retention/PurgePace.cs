namespace Periplon.Engine.Retention;

/// <summary>
/// How much is deleted at once and how long the database then has for itself. A transaction that took long, because the database is busy or
/// the rows are large, makes the next one smaller and the pause longer.
/// </summary>
/// <param name="largest">Most executions in one transaction.</param>
/// <param name="target">How long a transaction may take.</param>
internal sealed class PurgePace(int largest, TimeSpan target)
{
    private const int FirstSize = 100;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>How many executions the next transaction takes.</summary>
    public int Size { get; private set; } = Math.Min(FirstSize, largest);

    /// <summary>Learns how long a transaction took; returns the pause before the next one.</summary>
    public TimeSpan After(TimeSpan elapsed)
    {
        var isSlow = elapsed > target;
        if (isSlow)
        {
            Size = Math.Max(1, Size / 2);
        }
        else if (elapsed < target / 2)
        {
            Size = (int)Math.Min(largest, Size * 2L);
        }

        // At most half of the time is spent deleting, and a quarter when the database has trouble to keep up.
        var pause = isSlow ? elapsed * 3 : elapsed;
        return pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause;
    }
}
