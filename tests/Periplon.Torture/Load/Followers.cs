namespace Periplon.Torture.Load;

/// <summary>What clients do with executions that wait for somebody. Each goes on until the API has answered for good.</summary>
internal static class Followers
{
    public static async Task SignalAsync(LoadClient client, StartedExecution started, CancellationToken cancellationToken)
    {
        await client.PauseAsync(0.2, 3, cancellationToken);
        await client.PostAsync(
            $"/api/v1/executions/{started.Id}/signal", $$"""{"name":"go","payload":{"number":{{started.Number}}} }""",
            $"signal-{started.Number}", cancellationToken);
    }

    public static async Task ApproveAsync(LoadClient client, StartedExecution started, CancellationToken cancellationToken)
    {
        await client.PauseAsync(0.2, 3, cancellationToken);
        while (await client.PostAsync($"/api/v1/executions/{started.Id}/approve", "{}", null, cancellationToken) is Answer.Conflict
            && !await client.HasEndedAsync(started.Id, cancellationToken))
        {
            // Nothing waits for a decision yet, or the try before this one was carried out without an answer.
            await client.PauseAsync(0.5, 1, cancellationToken);
        }
    }

    public static async Task CancelAsync(LoadClient client, StartedExecution started, CancellationToken cancellationToken)
    {
        await client.PauseAsync(0.1, 3, cancellationToken);
        await client.PostAsync($"/api/v1/executions/{started.Id}/cancel", "{}", null, cancellationToken);
    }

    public static async Task PauseAsync(LoadClient client, StartedExecution started, CancellationToken cancellationToken)
    {
        await client.PauseAsync(0, 1, cancellationToken);
        await client.PostAsync($"/api/v1/executions/{started.Id}/pause", "{}", null, cancellationToken);
        await client.PauseAsync(0.5, 3, cancellationToken);
        await client.PostAsync($"/api/v1/executions/{started.Id}/resume", "{}", null, cancellationToken);
    }
}
