namespace Periplon.Engine.Executions;

// Another activation may have written meanwhile: on a silo that was taken for dead, or on this one's successor. Who writes finds out. One
// that has nothing to write looks: when it is woken, before it says no, and now and then for those who only read.
internal sealed partial class ExecutionGrain
{
    // So long after a commit of its own or a look at the journal an activation is believed without another look.
    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(5);

    private long _knownAt;

    private async Task<bool> UnlessOvertakenAsync(Func<ExecutionDriver, Task<bool>> answer, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } driver)
        {
            return false;
        }

        if (await answer(driver))
        {
            return true;
        }

        await driver.EnsureCurrentAsync(cancellationToken);
        return false;
    }

    private async Task<ExecutionDriver?> LoadToReadAsync(CancellationToken cancellationToken)
    {
        var driver = await LoadAsync(cancellationToken);
        if (driver is not null && time.GetElapsedTime(_knownAt) > KnownFor)
        {
            await driver.EnsureCurrentAsync(cancellationToken);
            _knownAt = time.GetTimestamp();
        }

        return driver;
    }
}
