using System.Diagnostics.Metrics;

namespace Periplon.Engine.Storage;

/// <summary>Counters of the journal, for metrics and for the API.</summary>
internal sealed class JournalInstruments : IDisposable
{
    private readonly Meter _meter = new("Periplon.Journal");
    private readonly Histogram<int> _batchSizes;
    private long _commits;
    private long _rows;
    private long _conflicts;
    private long _retries;
    private long _recovered;
    private long _rejected;

    public JournalInstruments()
    {
        _batchSizes = _meter.CreateHistogram<int>("periplon.journal.batch_size", "{row}", "Appends in one commit");
        _meter.CreateObservableCounter("periplon.journal.commits", () => Commits, "{commit}", "Commits of the journal");
        _meter.CreateObservableCounter("periplon.journal.rows", () => Rows, "{row}", "Rows stored in the journal");
        _meter.CreateObservableCounter(
            "periplon.journal.conflicts", () => Conflicts, "{append}", "Appends refused: another writer was first");
        _meter.CreateObservableCounter(
            "periplon.journal.retries", () => Retries, "{commit}", "Commits tried again after a passing failure");
        _meter.CreateObservableCounter(
            "periplon.journal.recovered", () => Recovered, "{append}", "Appends found stored after a lost answer");
        _meter.CreateObservableCounter(
            "periplon.journal.rejected", () => Rejected, "{append}", "Appends that the database refused for good");
    }

    public long Commits => Interlocked.Read(ref _commits);

    public long Rows => Interlocked.Read(ref _rows);

    public long Conflicts => Interlocked.Read(ref _conflicts);

    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Appends whose commit had succeeded although its answer was lost.</summary>
    public long Recovered => Interlocked.Read(ref _recovered);

    /// <summary>Appends that fail however often they are tried.</summary>
    public long Rejected => Interlocked.Read(ref _rejected);

    public void OnCommitted(int rows)
    {
        Interlocked.Increment(ref _commits);
        Interlocked.Add(ref _rows, rows);
        _batchSizes.Record(rows);
    }

    public void OnConflict() => Interlocked.Increment(ref _conflicts);

    public void OnRetry() => Interlocked.Increment(ref _retries);

    public void OnRecovered() => Interlocked.Increment(ref _recovered);

    public void OnRejected() => Interlocked.Increment(ref _rejected);

    public void Dispose() => _meter.Dispose();
}
