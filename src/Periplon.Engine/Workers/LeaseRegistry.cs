using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Periplon.Client.Workers;
using Periplon.Core.Executions;

namespace Periplon.Engine.Workers;

/// <summary>The claims that this silo's worker holds, from before the claim is sent until its report is acknowledged.</summary>
internal sealed class LeaseRegistry(IOptions<EngineOptions> options) : IDisposable
{
    private readonly ConcurrentDictionary<Guid, CancellationTokenSource> _running = new();
    private readonly ConcurrentDictionary<Guid, bool> _handedBack = new();
    private readonly ConcurrentDictionary<Guid, bool> _kept = new();
    private readonly CancellationTokenSource _draining = new();
    private volatile TaskCompletionSource? _empty;
    private long _completed;
    private long _failed;

    /// <summary>Fires when the worker is to take no more work.</summary>
    public CancellationToken Draining => _draining.Token;

    /// <summary>Registers a claim; its token source fires when the attempt is to stop.</summary>
    public CancellationTokenSource Add(Guid token, CancellationToken stopping)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _running[token] = source;
        return source;
    }

    /// <summary>Forgets a claim.</summary>
    public void Remove(Guid token)
    {
        _handedBack.TryRemove(token, out _);
        if (_running.TryRemove(token, out var source))
        {
            source.Dispose();
            if (_empty is { } waiting && _running.IsEmpty)
            {
                waiting.TrySetResult();
            }
        }
    }

    /// <summary>Returns when no claim is held, nor about to be made.</summary>
    public Task WhenEmptyAsync(CancellationToken cancellationToken)
    {
        _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_running.IsEmpty)
        {
            _empty.TrySetResult();
        }

        return _empty.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Whether an attempt was stopped so that it can run elsewhere.</summary>
    public bool IsHandedBack(Guid token) => _handedBack.ContainsKey(token);

    /// <summary>Whether a claim is held.</summary>
    public bool Holds(Guid token) => _running.ContainsKey(token) || _kept.ContainsKey(token);

    /// <summary>Lets a claim count as held, though nothing runs for it, until it has been handed back.</summary>
    public void Keep(Guid token) => _kept[token] = true;

    /// <summary>Forgets a claim that was kept.</summary>
    public void Drop(Guid token) => _kept.TryRemove(token, out _);

    /// <summary>Number of claims that are held.</summary>
    public int Count => _running.Count;

    /// <summary>Stops attempts.</summary>
    public void Stop(IReadOnlyList<Guid> tokens)
    {
        foreach (var token in tokens)
        {
            if (_running.TryGetValue(token, out var source))
            {
                try
                {
                    // Not in this thread, which is a grain's: what is registered on the token may take its time.
                    _ = source.CancelAsync();
                }
                catch (ObjectDisposedException)
                {
                    // It ended at the same moment.
                }
            }
        }
    }

    /// <summary>Stops all attempts, so that they can run elsewhere.</summary>
    public void StopAll()
    {
        IReadOnlyList<Guid> tokens = [.. _running.Keys];
        foreach (var token in tokens)
        {
            _handedBack[token] = true;
        }

        Stop(tokens);
    }

    /// <summary>Takes no more work from now on.</summary>
    public void Drain() => _draining.Cancel();

    /// <summary>Counts an end.</summary>
    public void OnEnded(TaskOutcome outcome)
    {
        if (outcome.Kind is TaskOutcomeKind.Completed)
        {
            Interlocked.Increment(ref _completed);
        }
        else if (outcome.IsFailed)
        {
            Interlocked.Increment(ref _failed);
        }
    }

    public void Dispose() => _draining.Dispose();

    /// <summary>Statistics for people.</summary>
    public WorkerStats Stats() => new(
        options.Value.RunsTasks ? options.Value.Slots : 0, _running.Count, Interlocked.Read(ref _completed), Interlocked.Read(ref _failed),
        _draining.IsCancellationRequested, options.Value.Tags);
}
