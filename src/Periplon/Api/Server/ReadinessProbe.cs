using Microsoft.Extensions.Options;

namespace Periplon.Api.Server;

/// <summary>Runs all readiness checks at once, each within its time.</summary>
internal sealed partial class ReadinessProbe(
    IEnumerable<IReadinessCheck> checks, IOptions<ApiOptions> options, TimeProvider time, ILogger<ReadinessProbe> logger)
{
    private static readonly string[] _needed = ["storage", "queue"];

    public async Task<(bool Ready, SortedDictionary<string, string> Checks)> RunAsync(CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(checks.Select(check => RunOneAsync(check, cancellationToken)));
        var found = new SortedDictionary<string, string>(answers.ToDictionary(a => a.Name, a => a.Answer), StringComparer.Ordinal);
        foreach (var name in _needed)
        {
            found.TryAdd(name, "not_configured");
        }

        return (found.Values.All(answer => answer == "ok"), found);
    }

    private async Task<(string Name, string Answer)> RunOneAsync(IReadinessCheck check, CancellationToken cancellationToken)
    {
        try
        {
            // A check that ignores its token is not waited for either.
            using var deadline = new CancellationTokenSource(options.Value.CheckTimeout, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            await check.CheckAsync(both.Token).WaitAsync(both.Token);
            return (check.Name, "ok");
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotReady(exception, check.Name);
            return (check.Name, "error");
        }
    }

    [LoggerMessage(LogLevel.Warning, "Not ready: {Check} cannot be reached")]
    private partial void LogNotReady(Exception exception, string check);
}
