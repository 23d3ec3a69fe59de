namespace Periplon.Engine.Schedules;

/// <summary>What became of a start that was offered.</summary>
internal enum StartOffer
{
    /// <summary>It goes as soon as there is room.</summary>
    Taken,

    /// <summary>It is under way or waits already.</summary>
    Known,

    /// <summary>It, or its workflow, was not answered and is left in peace for a while.</summary>
    Held,

    /// <summary>Too many wait: it stays in the table.</summary>
    Full,
}

/// <summary>
/// Which starts of a scheduler may go: a bounded number at once, fewer of one workflow, and fewer yet, after growing pauses, where nobody
/// answered. What finds no room here is still in the table. Not safe for several threads.
/// </summary>
internal sealed class StartRoom
{
    public const int MaxUnderWay = 64;
    public const int MaxOfWorkflow = 16;
    public const int MaxWaiting = 2000;
    public const int MaxWaitingOfWorkflow = 250;

    private const int SilencesBeforePause = 3;
    private const int MaxRetries = 1000;

    private static readonly TimeSpan _firstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _longestPause = TimeSpan.FromMinutes(2);

    private readonly HashSet<Guid> _known = [];
    private readonly LinkedList<RunToStart> _waiting = new();
    private readonly Dictionary<Guid, int> _waitingOf = [];
    private readonly Dictionary<Guid, int> _underWayOf = [];
    private readonly Dictionary<Guid, Pause> _runs = [];
    private readonly Dictionary<Guid, Pause> _workflows = [];
    private int _underWay;

    private readonly record struct Pause(int Count, DateTimeOffset Until);

    /// <summary>Executions that need not be looked at now: they are under way, wait here, or were not answered lately.</summary>
    public IReadOnlyCollection<Guid> Passed(DateTimeOffset now) =>
        [.. _known, .. _runs.Where(each => each.Value.Until > now).Select(each => each.Key)];

    public StartOffer Offer(RunToStart start, DateTimeOffset now)
    {
        var (execution, workflow) = Ids(start);
        if (_known.Contains(execution))
        {
            return StartOffer.Known;
        }

        if (_runs.TryGetValue(execution, out var run) && run.Until > now)
        {
            return StartOffer.Held;
        }

        var waiting = _waitingOf.GetValueOrDefault(workflow);
        if (_workflows.TryGetValue(workflow, out var pause)
            && (pause.Until > now || waiting + _underWayOf.GetValueOrDefault(workflow) > 0))
        {
            return StartOffer.Held;
        }

        if (_waiting.Count >= MaxWaiting || waiting >= MaxWaitingOfWorkflow)
        {
            return StartOffer.Full;
        }

        _known.Add(execution);
        _waiting.AddLast(start);
        _waitingOf[workflow] = waiting + 1;
        return StartOffer.Taken;
    }

    /// <summary>The next start that may go; null when there is none.</summary>
    public RunToStart? Take()
    {
        if (_underWay >= MaxUnderWay)
        {
            return null;
        }

        for (var node = _waiting.First; node is not null; node = node.Next)
        {
            var workflow = node.Value.Schedule.WorkflowId;
            var underWay = _underWayOf.GetValueOrDefault(workflow);
            if (underWay < MaxOfWorkflow)
            {
                _waiting.Remove(node);
                Lower(_waitingOf, workflow);
                _underWayOf[workflow] = underWay + 1;
                _underWay++;
                return node.Value;
            }
        }

        return null;
    }

    /// <summary>A start that was taken has ended.</summary>
    public void End(RunToStart start, bool isAnswered, DateTimeOffset now)
    {
        var (execution, workflow) = Ids(start);
        _known.Remove(execution);
        _underWay--;
        Lower(_underWayOf, workflow);
        if (isAnswered)
        {
            _runs.Remove(execution);
            _workflows.Remove(workflow);
            return;
        }

        Forget(now);
        var tries = _runs.GetValueOrDefault(execution).Count + 1;
        _runs[execution] = new Pause(tries, now + After(tries));

        // The first ones may be the fault of one run, which is no reason to keep the other ticks of the workflow waiting.
        var silences = _workflows.GetValueOrDefault(workflow).Count + 1;
        _workflows[workflow] = new Pause(silences, silences < SilencesBeforePause ? now : now + After(silences - SilencesBeforePause + 1));
        Leave(workflow);
    }

    private static TimeSpan After(int count)
    {
        var pause = _firstPause * Math.Pow(2, Math.Min(count - 1, 16));
        return pause < _longestPause ? pause : _longestPause;
    }

    private static (Guid Execution, Guid Workflow) Ids(RunToStart start) => (start.Run.ExecutionId!.Value, start.Schedule.WorkflowId);

    private static void Lower(Dictionary<Guid, int> counts, Guid key)
    {
        if (--counts[key] == 0)
        {
            counts.Remove(key);
        }
    }

    // Those that wait for a workflow which does not answer take the room of others here.
    private void Leave(Guid workflow)
    {
        if (!_waitingOf.Remove(workflow))
        {
            return;
        }

        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Schedule.WorkflowId == workflow)
            {
                _waiting.Remove(node);
                _known.Remove(node.Value.Run.ExecutionId!.Value);
            }

            node = next;
        }
    }

    // What was not asked for again long after its pause is gone, with its schedule for instance.
    private void Forget(DateTimeOffset now)
    {
        foreach (var pauses in new[] { _runs, _workflows })
        {
            foreach (var key in pauses.Where(each => each.Value.Until + (3 * _longestPause) < now).Select(each => each.Key).ToList())
            {
                pauses.Remove(key);
            }
        }

        if (_runs.Count >= MaxRetries)
        {
            _runs.Remove(_runs.MinBy(each => each.Value.Until).Key);
        }
    }
}
