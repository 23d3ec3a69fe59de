using Periplon.Core.Executions;
using Periplon.Core.Limits;
using Periplon.Engine.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Simulation;

// The promises.
internal sealed partial class Ledger
{
    // What clocks may be off, at both ends, and a commit that came late.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, List<(LimitRequest Request, DateTimeOffset At)>> _reserved = [];

    /// <summary>A rate limit has said when somebody may start.</summary>
    public void OnReserved(LimitRequest request, DateTimeOffset at)
    {
        if (!_reserved.TryGetValue(request.Key, out var starts))
        {
            _reserved.Add(request.Key, starts = []);
        }

        starts.Add((request, at));
    }

    /// <summary>A start that was given back is another's from now on.</summary>
    public void OnReturned(LimitRequest request)
    {
        if (_reserved.TryGetValue(request.Key, out var starts))
        {
            starts.RemoveAll(start => start.Request.Holder == request.Holder);
        }
    }

    public void CheckAtTheEnd()
    {
        foreach (var (id, record) in _records)
        {
            var history = world.Database.Read(id, 0).SelectMany(row => EventCodec.Decode(row.Events.Span));
            if (StateDigest.Of(ExecutionMachine.Replay(record.State.Plan, history)) != StateDigest.Of(record.State) || record.Finishes != 1)
            {
                world.Violate($"{Short(id)} replays to another state than it had, or has ended {record.Finishes} times");
            }

            var row = world.Database.Rows[id];
            if (row.Status != record.State.Status || row.NextWakeAt is not null)
            {
                world.Violate($"{Short(id)} is {record.State.Status} and its row says {row.Status}, to be woken at {row.NextWakeAt}");
            }

            if (record.State.Tasks.Values.Any(task => task.Instance.Around is not null && !task.Status.IsSettled()
                && record.State.Find(task.Instance.Path) is not null))
            {
                world.Violate($"{Short(id)} has ended before its tasks");
            }
        }

        foreach (var (key, starts) in _reserved)
        {
            CheckRate(key, starts);
        }
    }

    private void Apply(Record record, ExecutionEvent happened)
    {
        var before = record.State;
        var task = happened is TaskEvent e ? before.Find(e.Task) : null;
        if (happened is TaskEvent about && (task is null || task.Status.IsSettled()))
        {
            world.Violate($"{Line(happened)} of {Short(before.Created.ExecutionId)} is about a task that is {task?.Status.ToString() ?? "not there"}: {about.At:O}");
            return;
        }

        Judge(record, task, happened);
        record.State = ExecutionMachine.Apply(before, happened);
        if (task is { Status: TaskRunStatus.Running, Ended: null, Block: null, Loop: null } && task.Token != Guid.Empty
            && record.State.Find(task.Instance.Path) is not { Status: TaskRunStatus.Running, Ended: null, Block: null, Loop: null })
        {
            // A worker that was cut off repeats its claim, and the same token may so hold a second lease.
            _endedByReport[task.Token] = happened is not (TaskReturned { Lost: true } or TaskFailed { GivenUp: true });
        }

        if (happened is LimitGranted { Limit: LimitKinds.Concurrency })
        {
            CheckPlaces(record.State.Find(task!.Instance.Path)!);
        }
    }

    private void Judge(Record record, TaskState? task, ExecutionEvent happened)
    {
        var id = Short(record.State.Created.ExecutionId);
        switch (happened)
        {
            case TaskStarted e:
                if (task!.Status is not TaskRunStatus.Ready || task.Attempt != e.Attempt || record.Completed.Contains((e.Task, e.Attempt)))
                {
                    world.Violate($"{id} {e.Task}/{e.Attempt} was started when it was {task.Status} at attempt {task.Attempt}");
                }

                record.Leases.Add((e.Task, e.Attempt, e.Token));
                break;
            case TaskCompleted { Attempt: > 0, Output.Text: { Length: 32 } token } e:
                record.Completed.Add((e.Task, e.Attempt));
                CheckReporter(id, task!, token);
                break;
            case TaskFailed { Failure: { Kind: FailureKinds.ExitCode, Message: { Length: 32 } token } }:
                CheckReporter(id, task!, token);
                break;
            case TaskFailed { Failure.Kind: FailureKinds.Internal } e:
                world.Violate($"{id} {e.Task} failed by a defect: {e.Failure.Message}");
                break;
            case TaskReturned { Lost: true } e:
                if (world.MemberOf(task!.Worker!) is { IsUp: true, IsFrozen: false } silo && silo.Leases.Holds(task.Token))
                {
                    world.Violate($"{id} {e.Task}/{e.Attempt} was taken from {silo}, which lives and runs it");
                }

                break;
            case ExecutionFinished e:
                record.Finishes++;
                if (e.Error?.StartsWith("A defect", StringComparison.Ordinal) is true)
                {
                    world.Violate($"{id} was ended by a defect: {e.Error}");
                }

                break;
        }
    }

    private void CheckReporter(string id, TaskState task, string token)
    {
        if (task.Status is not TaskRunStatus.Running || task.Token.ToString("N") != token)
        {
            world.Violate($"{id} {task.Instance.Path}/{task.Attempt} was ended by a report without its lease");
        }
    }

    private void CheckBounds(ExecutionState state)
    {
        if (state.Running.Count + state.Ready.Count > state.Plan.Workflow.MaxParallel)
        {
            world.Violate($"{Short(state.Created.ExecutionId)} runs more than {state.Plan.Workflow.MaxParallel} tasks at once");
        }

        var isMoved = state.IsTerminal || state.IsHeld || !state.Ready.IsEmpty || !state.Running.IsEmpty || !state.Waiting.IsEmpty
            || ExecutionPlanner.NextTimer(state) is not null;
        if (!isMoved)
        {
            world.Violate($"{Short(state.Created.ExecutionId)} has nothing that moves it");
        }
    }

    private void CheckWakes(ExecutionState state, JournalAppend append)
    {
        if (state.IsTerminal)
        {
            return;
        }

        var wake = world.Database.Rows[append.ExecutionId].NextWakeAt;
        var latest = ExecutionRows.Wake(state, append.At > world.Time ? append.At : world.Time) + Tolerance;
        if (wake is null || wake > latest)
        {
            world.Violate($"{Short(append.ExecutionId)} is next looked at {wake:O}, which is after {latest:O}");
        }
    }

    private void CheckPlaces(TaskState granted)
    {
        var key = granted.Place!.Name;
        var limit = granted.Instance.Planned.Definition.Concurrency!.Limit;
        var held = 0;
        foreach (var record in _records.Values)
        {
            if (record.State.IsTerminal)
            {
                continue;
            }

            foreach (var task in record.State.Tasks.Values)
            {
                held += task.Place?.Name == key && !task.Status.IsSettled() ? 1 : 0;
            }
        }

        if (held > limit)
        {
            world.Violate($"{held} tasks hold one of the {limit} places under '{key}'");
        }
    }

    // The same holder may be told several times, also by activations that forgot; its last time is the one that counts for it.
    private void CheckRate(string key, List<(LimitRequest Request, DateTimeOffset At)> starts)
    {
        var limit = starts[0].Request.Limit;
        var period = TimeSpan.FromSeconds(starts[0].Request.PeriodSecs);
        var times = starts.Select(start => (start.Request.Holder, start.At)).Distinct().Select(start => start.At).Order().ToList();
        for (var i = limit; i < times.Count; i++)
        {
            if (times[i] - times[i - limit] < period)
            {
                world.Violate($"rate limit '{key}' lets {limit + 1} start from {times[i - limit]:O} to {times[i]:O}");
            }
        }
    }
}
