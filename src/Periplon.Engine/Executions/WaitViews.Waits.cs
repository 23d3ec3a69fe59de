using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Limits;
using Periplon.Core.Executions;
using Periplon.Core.Limits;

namespace Periplon.Engine.Executions;

// Waits for what no worker does: who or what ends them, and how.
internal static partial class WaitViews
{
    private const int MostHoldersNamed = 5;

    private static WaitView Waiting(ExecutionState state, TaskState task, IReadOnlyDictionary<string, PlacesView>? places)
    {
        var wait = task.Wait!;
        var path = task.Instance.Path;
        var (what, isWorkflow) = path.Length == 0 ? ("The execution", true) : ($"Task '{path}'", false);
        var link = new WaitView
        {
            Task = isWorkflow ? null : path, WaitsFor = ExecutionRows.WordOf(wait.Kind), Message = what, WakesBy = "",
            WakesAt = task.DueAt, Since = wait.At,
        };
        return wait.Kind switch
        {
            WaitKind.Time => link with { Message = $"{what} sleeps", HeldBy = "a timer", WakesBy = "the timer" },
            WaitKind.Signal => Signal(state, link, wait.Name!, $"signal '{wait.Name}'", "signal"),
            WaitKind.Webhook => Signal(state, link, wait.Name!, $"webhook '{wait.Name}'", "webhook"),
            WaitKind.Approval => Approval(state, link, task),
            WaitKind.Child => link with
            {
                Message = $"{what} waits for the subflow '{wait.Name}', execution {wait.Child:D}", HeldBy = $"execution {wait.Child:D}",
                WakesBy = task.DueAt is null ? "its end" : "its end, or the time limit",
            },
            WaitKind.Concurrency => Place(state, link, wait, places),
            _ => Rate(state, link, task),
        };
    }

    private static WaitView Signal(ExecutionState state, WaitView link, string name, string what, string route)
    {
        var address = $"/api/v1/executions/{state.Created.ExecutionId:D}";
        const string Json = "-H 'Content-Type: application/json'";
        var call = route == "signal"
            ? $"curl -X POST $PERIPLON_SERVER{address}/signal {Json} -d '{{\"name\": {Quoted(name)}}}'"
            : $"curl -X POST $PERIPLON_SERVER{address}/webhooks/{Uri.EscapeDataString(name)} {Json} -d '{{}}'";
        return link with
        {
            Message = $"{link.Message} waits for the {what}; send it with: {call}",
            HeldBy = "whoever sends it",
            WakesBy = link.WakesAt is null ? $"the {what}" : $"the {what}, or the end of the wait",
        };
    }

    private static string Quoted(string name) => JsonSerializer.Serialize(name, ExecutionJson.Default.String);

    private static WaitView Approval(ExecutionState state, WaitView link, TaskState task)
    {
        var definition = task.Instance.Planned.Definition.Approval!;
        var who = definition.Approvers.Count > 0 ? string.Join(", ", definition.Approvers) : "anybody who may";
        var asked = Approvals.MessageOf(state, task.Instance) is { Length: > 0 } message ? $": {message}" : "";
        var then = definition.Default is { } word ? $"which means {word}" : "which fails the task";
        return link with
        {
            Message = $"{link.Message} waits for a decision{asked} "
                + $"(periplon approve|reject {state.Created.ExecutionId:D} {task.Instance.Path})",
            HeldBy = who,
            WakesBy = link.WakesAt is null ? "the decision" : $"the decision, or the end of the wait, {then}",
        };
    }

    private static WaitView Place(ExecutionState state, WaitView link, TaskWait wait, IReadOnlyDictionary<string, PlacesView>? places)
    {
        var known = places?.GetValueOrDefault(LimitKeys.Of(state.Created.Organization, wait.Name ?? ""));
        var holders = known is null ? null : string.Join(", ", known.Holders.Take(MostHoldersNamed).Select(Named));
        var more = known?.Holders.Count > MostHoldersNamed ? $" and {known.Holders.Count - MostHoldersNamed} more" : "";
        return link with
        {
            Message = known is null
                ? $"{link.Message} waits for a place under the concurrency limit '{wait.Name}'"
                : $"{link.Message} waits for one of {known.Limit} places under the concurrency limit '{wait.Name}', "
                    + $"with {known.Waiting} in the queue",
            HeldBy = string.IsNullOrEmpty(holders) ? "the limit" : holders + more,
            WakesBy = "the end of one that holds a place, or the next look of the sweep",
            WakesAt = state.LastEventAt + ExecutionRows.IntervalOf(state),
        };
    }

    private static string Named(LimitPlace holder) =>
        holder.Task.Length == 0 ? $"execution {holder.Execution:D}" : $"task '{holder.Task}' of execution {holder.Execution:D}";

    private static WaitView Rate(ExecutionState state, WaitView link, TaskState task) => task.Granted.HasFlag(LimitKinds.Rate)
        ? link with
        {
            Message = $"{link.Message} starts when the rate limit '{task.Wait!.Name}' lets it", HeldBy = "a timer", WakesBy = "the timer",
        }
        : link with
        {
            Message = $"{link.Message} asks the rate limit '{task.Wait!.Name}' when it may start", HeldBy = "the limit",
            WakesBy = "its answer, or the next look of the sweep", WakesAt = state.LastEventAt + ExecutionRows.SafetyInterval,
        };

    private static bool IsLoopDelay(ExecutionState state, TaskTimer timer) =>
        !timer.IsDeadline && state.Task(timer.Task) is { Wait: null, Loop.HasWaited: false };

    private static WaitView LoopDelay(ExecutionState state, TaskTimer timer) => new()
    {
        Task = timer.Task.Path,
        WaitsFor = "loop_delay",
        Message = $"Loop '{timer.Task.Path}' waits before iteration {state.Task(timer.Task).Loop!.Next}",
        HeldBy = "a timer",
        WakesBy = "the timer",
        WakesAt = timer.At,
    };
}
