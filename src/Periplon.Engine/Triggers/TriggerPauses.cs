using System.Collections.Concurrent;

namespace Periplon.Engine.Triggers;

/// <summary>
/// Which triggers start nothing for a while, because their workflow did not answer: each start of theirs would take its whole time limit
/// from those of others. Only memory: another silo finds out by itself.
/// </summary>
internal sealed class TriggerPauses
{
    private const int SilencesBeforePause = 2;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<Guid, (int Silences, DateTimeOffset Until)> _pauses = new();

    /// <summary>Whether a trigger is left in peace. A pause that the clock has made longer than any is none.</summary>
    public bool Holds(Guid trigger, DateTimeOffset now) =>
        _pauses.TryGetValue(trigger, out var pause) && pause.Until > now && pause.Until <= now + Longest;

    public void OnAnswer(Guid trigger) => _pauses.TryRemove(trigger, out _);

    // The first may be the fault of one run, which is no reason to keep the others waiting.
    public void OnSilence(Guid trigger, DateTimeOffset now) => _pauses.AddOrUpdate(
        trigger, (1, now), (_, before) => (before.Silences + 1, now + After(before.Silences + 1)));

    private static TimeSpan After(int silences)
    {
        if (silences < SilencesBeforePause)
        {
            return TimeSpan.Zero;
        }

        var pause = First * Math.Pow(2, Math.Min(silences - SilencesBeforePause, 16));
        return pause < Longest ? pause : Longest;
    }
}
