using Periplon.Core.Executions;
using Periplon.Core.Limits;

namespace Periplon.Engine.Executions;

// When the execution takes memory, and when it is a row and nothing else.
internal sealed partial class ExecutionGrain
{
    // Longer than between two looks of the sweep: one whose task runs for hours is not read again every minute.
    private static readonly TimeSpan StayFor = TimeSpan.FromMinutes(3);

    private DateTimeOffset _staysUntil;

    public async Task<DateTimeOffset?> LookAsync(CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { State.IsTerminal: false } driver)
        {
            return null;
        }

        await driver.EnsureCurrentAsync(cancellationToken);
        await ReturnLostAsync(cancellationToken);
        await driver.AdvanceAsync(cancellationToken);
        OfferReady(driver.State, driver.State.Ready);
        LookAfterChildren(driver.State);
        limits.Send(LimitRequests.Pending(driver.State));
        StayWhileRunning(driver.State);
        return driver.State.IsTerminal ? null : ExecutionRows.Wake(driver.State, time.GetUtcNow());
    }

    public Task RefusedAsync()
    {
        if (_driver is { State: { IsTerminal: false, Status: not ExecutionStatus.Queued } state })
        {
            // One of its first tasks was quicker than the refusal of another: started executions are never refused.
            OfferReady(state, state.Ready);
        }
        else if (_waiters == 0 && _watch is not { IsOver: false } && _driver is not { State.IsTerminal: true })
        {
            DeactivateOnIdle();
        }

        return Task.CompletedTask;
    }

    private void StayWhileRunning(ExecutionState state)
    {
        if (state.Running.IsEmpty)
        {
            if (_staysUntil != default)
            {
                _staysUntil = default;
                DelayDeactivation(TimeSpan.Zero);
            }

            return;
        }

        var now = time.GetUtcNow();
        if (_staysUntil - now < StayFor / 2)
        {
            _staysUntil = now + StayFor;
            DelayDeactivation(StayFor);
        }
    }
}
