using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Triggers;

/// <summary>Signals executions for a webhook. Each signal carries the delivery's key, so that a repetition counts once.</summary>
internal sealed class TriggerSignals(IGrainFactory grains, RepeatedCalls calls, IExecutionQueries executions)
{
    /// <summary>So many executions one delivery signals at most.</summary>
    public const int MostTargets = 1000;

    private const int Parallelism = 16;

    public async Task<TriggerOutcome> SendAsync(
        TriggerRow trigger, TriggerRun run, JsonElement document, CancellationToken cancellationToken)
    {
        var signal = trigger.Definition.Signal!;
        var payload = TriggerInputs.Find(document, signal.Payload ?? "body") ?? default;
        var request = new SignalRequest
        {
            Organization = trigger.Organization,
            Name = signal.Name,
            Payload = payload.ValueKind is JsonValueKind.Undefined
                ? default
                : JsonSerializer.SerializeToUtf8Bytes(payload, ExecutionJson.Default.JsonElement),
            By = trigger.By,
            Key = $"{trigger.By}:{run.Source}",
        };
        return signal.Execution is { } path
            ? await SendToOneAsync(request, document, path, cancellationToken)
            : await SendToLabelledAsync(request, signal, document, cancellationToken);
    }

    private async Task<TriggerOutcome> SendToOneAsync(
        SignalRequest request, JsonElement document, string path, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(TriggerInputs.FindText(document, path), out var id))
        {
            return TriggerStarter.Refused($"'{path}' leads to no execution id in what was sent");
        }

        // The row first: a made-up id activates no grain, and another organization's execution is none.
        if (await executions.FindAsync(request.Organization, id, cancellationToken) is null)
        {
            return TriggerStarter.Refused($"There is no execution '{id:D}'");
        }

        return await SendAsync(request, id, cancellationToken) switch
        {
            SignalStatus.Taken or SignalStatus.Kept or SignalStatus.Repeated => Signalled(1),
            SignalStatus.Full => TriggerStarter.Refused($"Execution '{id:D}' keeps as many signals as it may"),
            _ => TriggerStarter.Refused($"Execution '{id:D}' has already finished"),
        };
    }

    private async Task<TriggerOutcome> SendToLabelledAsync(
        SignalRequest request, TriggerSignal signal, JsonElement document, CancellationToken cancellationToken)
    {
        if (TriggerInputs.FindText(document, signal.LabelValue!) is not { } value)
        {
            return TriggerStarter.Refused($"'{signal.LabelValue}' leads to no text in what was sent");
        }

        var filter = new ExecutionFilter
        {
            Organization = request.Organization,
            WorkflowId = signal.WorkflowId,
            Statuses = [ExecutionStatus.Queued, ExecutionStatus.Running, ExecutionStatus.Waiting, ExecutionStatus.Paused],
            Labels = new Dictionary<string, string> { [signal.Label!] = value },
        };
        var rows = await executions.ListAsync(filter, null, 0, MostTargets + 1, cancellationToken);
        if (rows.Count > MostTargets)
        {
            return TriggerStarter.Refused(
                $"More than {MostTargets} executions have the label {signal.Label}:{value}; none was signalled");
        }

        var sent = 0;
        await Parallel.ForEachAsync(
            rows, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
            async (row, token) =>
            {
                if (await SendAsync(request, row.Id, token) is SignalStatus.Taken or SignalStatus.Kept or SignalStatus.Repeated)
                {
                    Interlocked.Increment(ref sent);
                }
            });
        return sent > 0 ? Signalled(sent) : TriggerStarter.Refused($"No live execution has the label {signal.Label}:{value}");
    }

    private Task<SignalStatus> SendAsync(SignalRequest request, Guid id, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<IExecutionGrain>(id.ToString("D"));
        return calls.AskAsync(() => grain.SignalAsync(request, cancellationToken), cancellationToken);
    }

    private static TriggerOutcome Signalled(int count) =>
        new(TriggerRunStatus.Signalled, count == 1 ? "1 execution was signalled" : $"{count} executions were signalled");
}
