using Periplon.Engine.Executions;
using Periplon.Engine.Queue;

namespace Periplon.Simulation;

// Looks at executions whose time has come, and at all that may have lost something; calls those that wait to be started.
internal sealed partial class PartitionActivation
{
    private static readonly TimeSpan LookAhead = SweepInterval * 2;
    private static readonly TimeSpan ClockMargin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RefillPause = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<Guid, DateTimeOffset> _restUntil = [];
    private readonly FailedLooks _failedLooks = new();
    private DateTimeOffset _suspectAt;
    private bool _isRecovering;
    private bool _recoversAgain;
    private bool _isRefilling;

    public Task<bool> RecoverAsync()
    {
        _recoversAgain = true;
        Silo.Go(RecoverLoopAsync);
        return Task.FromResult(true);
    }

    private async Task SweepLoopAsync()
    {
        Tidy();
        var now = Silo.UtcNow;
        foreach (var (id, until) in _restUntil)
        {
            if (until <= now)
            {
                _restUntil.Remove(id);
            }
        }

        try
        {
            await LookUntilAsync(now + LookAhead);
            var starts = await _store.ListDueStartsAsync(_partition, now, null, PageSize, CancellationToken.None);
            await LookAtAsync([.. starts.Where(due => !_restUntil.ContainsKey(due.Id))], isStart: true);
            if (now >= _suspectAt)
            {
                await SuspectAllAsync();
            }
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            // The next sweep comes.
        }

        After(SweepInterval, SweepLoopAsync);
    }

    private async Task RecoverLoopAsync()
    {
        _recoversAgain = true;
        if (_isRecovering)
        {
            return;
        }

        _isRecovering = true;
        try
        {
            while (_recoversAgain)
            {
                _recoversAgain = false;
                _restUntil.Clear();
                _failedLooks.Clear();
                await LookUntilAsync(Silo.UtcNow + ExecutionRows.PatientInterval + ClockMargin);
                await SuspectAllAsync();
            }
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            After(SweepInterval, RecoverLoopAsync);
        }
        finally
        {
            _isRecovering = false;
        }
    }

    private async Task LookUntilAsync(DateTimeOffset until)
    {
        DueLook? after = null;
        IReadOnlyList<DueLook> page;
        do
        {
            page = await _store.ListDueAsync(_partition, until, after, PageSize, CancellationToken.None);
            await LookAtAsync([.. page.Where(due => !_restUntil.ContainsKey(due.Id))]);
            after = page.Count > 0 ? page[^1] : null;
        }
        while (page.Count == PageSize);
    }

    private async Task LookAtAsync(IReadOnlyList<DueLook> batch, bool isStart = false)
    {
        if (batch.Count == 0)
        {
            return;
        }

        var answers = await Task.WhenAll(batch.Select(due => LookAsync(due.Id)));
        var now = Silo.UtcNow;
        var next = new List<DueLook>(batch.Count);
        foreach (var (due, answer) in batch.Zip(answers))
        {
            if (answer is not { } at)
            {
                Fail(due.Id);
                continue;
            }

            _failedLooks.Remove(due.Id);
            if (due.At > now)
            {
                if (due.At <= now + LookAhead)
                {
                    _restUntil[due.Id] = due.At;
                }
            }
            else
            {
                next.Add(new DueLook(at > now || isStart ? at : now + SweepInterval, due.Id));
            }
        }

        await _store.MoveLooksAsync(next, CancellationToken.None);
    }

    private void Fail(Guid id)
    {
        var now = Silo.UtcNow;
        _restUntil[id] = _failedLooks.Add(id, now);
        After(_restUntil[id] - now, LookAgainAsync);
    }

    private async Task LookAgainAsync()
    {
        foreach (var id in _failedLooks.Due(Silo.UtcNow))
        {
            if (await LookAsync(id) is null)
            {
                Fail(id);
                continue;
            }

            _failedLooks.Remove(id);
            _restUntil.Remove(id);
        }
    }

    private async Task<DateTimeOffset?> LookAsync(Guid id)
    {
        try
        {
            return await World.CallAsync<ExecutionActivation, DateTimeOffset?>(
                Silo, GrainKey.Execution(id), static execution => execution.LookAsync());
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            return null;
        }
    }

    private void RefillIfHungry()
    {
        if (!_isRefilling && _window.IsHungry)
        {
            Silo.Go(RefillAsync);
        }
    }

    private async Task RefillAsync()
    {
        if (_isRefilling)
        {
            return;
        }

        _isRefilling = true;
        try
        {
            foreach (var startClass in _window.Hungry())
            {
                await RefillAsync(startClass);
            }
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            _isRefilling = false;
            After(SweepInterval, RefillAsync);
            return;
        }

        _isRefilling = false;
        if (_window.IsHungry)
        {
            After(RefillPause, RefillAsync);
        }
    }

    private async Task RefillAsync(StartClass startClass)
    {
        var mark = _window.BeginRead(startClass);
        var reader = new BacklogReader(_store, _partition, startClass, Ageing, PageSize);
        long? left = null;
        try
        {
            while (await reader.NextAsync(CancellationToken.None) is { } next)
            {
                if (_window.Knows(next.Id) || _restUntil.ContainsKey(next.Id))
                {
                    continue;
                }

                var level = next.LevelFor(Ageing);
                if (!_window.HasRoomFor(startClass, level))
                {
                    left = level;
                    break;
                }

                _window.Invite(next.Id, startClass, level);
                if (await LookAsync(next.Id) is null)
                {
                    _window.Withdraw(next.Id);
                    Fail(next.Id);
                }
            }
        }
        catch
        {
            // Not read to its end: it is read again.
            _window.Suspect(startClass);
            throw;
        }

        _window.EndRead(startClass, left, mark);
    }

    private async Task SuspectAllAsync()
    {
        StartClass? last = null;
        while ((last = await _store.NextClassAsync(_partition, last, CancellationToken.None)) is { } startClass)
        {
            _window.Suspect(startClass);
        }

        _suspectAt = Silo.UtcNow + ExecutionRows.SafetyInterval;
        RefillIfHungry();
    }
}
