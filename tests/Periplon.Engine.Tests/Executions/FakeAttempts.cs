using System.Collections.Concurrent;
using Periplon.Client.Executions;
using Periplon.Client.Queue;
using Periplon.Core.Executions;
using Periplon.Engine.Workers;

namespace Periplon.Engine.Tests.Executions;

/// <summary>Attempts that end when and as the test says; by default at once and well.</summary>
internal sealed class FakeAttempts : IAttemptRunner
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<TaskOutcome>> _held = new();
    private readonly ConcurrentDictionary<string, Func<TaskOffer, TaskOutcome>> _answers = new();
    private readonly Lock _gate = new();
    private readonly List<string> _begun = [];
    private readonly List<string> _stopped = [];

    /// <summary>What has begun, as <c>task/attempt/delivery</c>, in order.</summary>
    public IReadOnlyList<string> Begun => Copy(_begun);

    /// <summary>Tasks whose attempt was told to stop.</summary>
    public IReadOnlyList<string> Stopped => Copy(_stopped);

    /// <summary>Attempts of a task run until <see cref="Finish"/> or a stop.</summary>
    public FakeAttempts Hold(params string[] tasks)
    {
        foreach (var task in tasks)
        {
            _held[task] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return this;
    }

    public FakeAttempts Answer(string task, Func<TaskOffer, TaskOutcome> answer)
    {
        _answers[task] = answer;
        return this;
    }

    public void Finish(string task, TaskOutcome? outcome = null)
    {
        if (_held.TryRemove(task, out var held))
        {
            held.TrySetResult(outcome ?? Samples.Done(task));
        }
    }

    /// <summary>Whether attempts that are held hear a stop; one that does not is like one of a silo that is dead.</summary>
    public bool HearsStops { get; set; } = true;

    /// <summary>Ends all that is held.</summary>
    public void Release()
    {
        foreach (var task in _held.Keys)
        {
            Finish(task);
        }
    }

    public async Task<TaskOutcome> RunAsync(TaskOffer offer, TaskLease lease, CancellationToken cancellationToken)
    {
        Add(_begun, $"{offer.Task}/{offer.Attempt}/{lease.Delivery}");
        if (_held.TryGetValue(offer.Task, out var held))
        {
            try
            {
                return await held.Task.WaitAsync(HearsStops ? cancellationToken : CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                Add(_stopped, offer.Task);
                return TaskOutcome.Cancelled();
            }
        }

        return _answers.TryGetValue(offer.Task, out var answer) ? answer(offer) : Samples.Done(offer.Task);
    }

    private void Add(List<string> list, string entry)
    {
        lock (_gate)
        {
            list.Add(entry);
        }
    }

    private List<string> Copy(List<string> list)
    {
        lock (_gate)
        {
            return [.. list];
        }
    }
}
