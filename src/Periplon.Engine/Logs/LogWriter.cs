using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Logs;

/// <summary>
/// The silo's way to the log: lines wait in a bounded buffer and are stored many at a time. A full buffer makes producers wait. While the
/// database is away the buffer is kept and tried again. Lines are lost only when the database refuses them or when the silo stops without
/// it; lost ones are counted, and a line of the engine in the execution's log says how many.
/// </summary>
internal sealed partial class LogWriter(ILogStore store, TimeProvider time, ILogger<LogWriter> logger) : IHostedService, IAsyncDisposable
{
    private const int Capacity = 8192;
    private const int MaxBatch = 512;
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    private readonly Channel<Item> _lines = Channel.CreateBounded<Item>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly Dictionary<Guid, int> _lost = [];
    private readonly CancellationTokenSource _stop = new();
    private Task? _loop;
    private long _stored;
    private long _dropped;
    private bool _isAway;

    /// <summary>Lines stored since the start.</summary>
    public long Stored => Interlocked.Read(ref _stored);

    /// <summary>Lines lost since the start.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Hands over a line; waits while the buffer is full. A line that comes after the stop is lost.</summary>
    public async ValueTask WriteAsync(LogEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await _lines.Writer.WriteAsync(new(entry, null), cancellationToken);
        }
        catch (ChannelClosedException)
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Returns when every line handed over before is stored or lost.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _lines.Writer.WriteAsync(new(null, reached), cancellationToken);
            await reached.Task.WaitAsync(cancellationToken);
        }
        catch (ChannelClosedException)
        {
            await (_loop ?? Task.CompletedTask).WaitAsync(cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loop ??= Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _lines.Writer.TryComplete();
        if (_loop is null)
        {
            return;
        }

        try
        {
            await _loop.WaitAsync(StopGrace, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            await _stop.CancelAsync();
            await _loop;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var lines = new List<LogEntry>(MaxBatch);
        var flushes = new List<TaskCompletionSource>();
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (lines.Count < MaxBatch && _lines.Reader.TryRead(out var item))
            {
                if (item.Line is { } line)
                {
                    lines.Add(line);
                }
                else
                {
                    flushes.Add(item.Reached!);
                }
            }

            await StoreAsync(lines);
            await ReportLostAsync();
            flushes.ForEach(reached => reached.TrySetResult());
            lines.Clear();
            flushes.Clear();
        }
    }

    private async Task StoreAsync(List<LogEntry> lines)
    {
        for (var attempt = 0; lines.Count > 0; attempt++)
        {
            try
            {
                await store.AppendAsync(lines, _stop.Token);
                Interlocked.Add(ref _stored, lines.Count);
                OnReached();
                return;
            }
            catch (Exception exception) when (StorageErrors.IsTransient(exception) && !_stop.IsCancellationRequested)
            {
                OnAway(exception);
                await BackOffAsync(attempt);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                Lose(lines);
                return;
            }
            catch (Exception) when (lines.Count > 1 && !_stop.IsCancellationRequested)
            {
                // One bad line spoils the statement for all: each goes alone, and the bad one is lost alone.
                foreach (var line in lines)
                {
                    await StoreAsync([line]);
                }

                return;
            }
            catch (Exception exception)
            {
                LogRefused(exception, lines[0].ExecutionId);
                Lose(lines);
                return;
            }
        }
    }

    private void Lose(List<LogEntry> lines)
    {
        Interlocked.Add(ref _dropped, lines.Count);
        foreach (var line in lines)
        {
            _lost[line.ExecutionId] = _lost.GetValueOrDefault(line.ExecutionId) + 1;
        }
    }

    private async Task ReportLostAsync()
    {
        if (_lost.Count == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        var reports = _lost.Select(lost => new LogEntry
        {
            ExecutionId = lost.Key,
            At = now,
            Level = "warning",
            Stream = "engine",
            Message = $"{lost.Value} log lines could not be stored and are lost",
        }).ToArray();
        LogLost(_lost.Values.Sum(), _lost.Count);
        _lost.Clear();
        try
        {
            await store.AppendAsync(reports, _stop.Token);
        }
        catch (Exception exception)
        {
            LogRefused(exception, reports[0].ExecutionId);
        }
    }

    private void OnAway(Exception exception)
    {
        if (!_isAway)
        {
            _isAway = true;
            LogAway(exception);
        }
    }

    private void OnReached()
    {
        if (_isAway)
        {
            _isAway = false;
            LogReached();
        }
    }

    private async Task BackOffAsync(int attempt)
    {
        var delay = FirstBackoff * Math.Pow(2, Math.Min(attempt, 10));
        try
        {
            await Task.Delay(delay < LongestBackoff ? delay : LongestBackoff, time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The next try sees the stop.
        }
    }

    /// <summary>A line, or the mark of somebody who waits for the lines before it.</summary>
    private readonly record struct Item(LogEntry? Line, TaskCompletionSource? Reached);
}
