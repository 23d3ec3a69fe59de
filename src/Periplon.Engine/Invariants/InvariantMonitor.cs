using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Periplon.Engine.Invariants;

/// <summary>Counts what must never happen, and says so once for each execution or key.</summary>
internal sealed partial class InvariantMonitor
{
    /// <summary>Beginning of the names of all counters.</summary>
    public const string Prefix = "periplon_invariant_";

    // Something that goes wrong everywhere must not fill the memory, nor the log.
    private const int MostRemembered = 10_000;

    private readonly Dictionary<Invariant, Counter<long>> _counters;
    private readonly ConcurrentDictionary<Invariant, long> _counts = new();
    private readonly ConcurrentDictionary<(Invariant, string), bool> _told = new();
    private readonly ILogger _logger;

    public InvariantMonitor(EngineInstruments instruments, ILogger<InvariantMonitor> logger)
    {
        _logger = logger;
        _counters = Invariant.All.ToDictionary(
            each => each, each => instruments.Meter.CreateCounter<long>(Prefix + each.Name, description: each.Meaning));
    }

    /// <summary>Counts and logs a break.</summary>
    /// <param name="invariant">What was broken.</param>
    /// <param name="target">The execution, or the key of a limit.</param>
    /// <param name="found">What was found, for the log.</param>
    public void OnBroken(Invariant invariant, string target, string found)
    {
        _counters[invariant].Add(1);
        _counts.AddOrUpdate(invariant, 1, (_, count) => count + 1);
        if (_told.Count < MostRemembered && _told.TryAdd((invariant, target), true))
        {
            LogBroken(invariant.Name, target, invariant.Meaning, found);
        }
    }

    /// <summary>How often any of them was broken since the process started.</summary>
    public long Total => _counts.Values.Sum();

    /// <summary>How often it was broken since the process started.</summary>
    public long CountOf(Invariant invariant) => _counts.GetValueOrDefault(invariant);

    [LoggerMessage(LogLevel.Error, "Invariant {Invariant} is broken at {Target}: {Meaning}. {Found}")]
    private partial void LogBroken(string invariant, string target, string meaning, string found);
}
