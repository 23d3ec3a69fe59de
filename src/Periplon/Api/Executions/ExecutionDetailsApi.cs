using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Engine.Storage;

namespace Periplon.Api.Executions;

/// <summary>Executions: tasks, history, log, graph and the answer to "why has it not ended?".</summary>
internal static class ExecutionDetailsApi
{
    private const int MaxTasks = 1000;

    public static void MapExecutionDetails(this RouteGroupBuilder executions)
    {
        executions.MapGet("/{id}/tasks", ListTasks).RequirePermission(Permissions.ExecutionRead);
        executions.MapGet("/{id}/events", ListEvents).RequirePermission(Permissions.ExecutionRead);
        executions.MapGet("/{id}/logs", ListLogs).RequirePermission(Permissions.ExecutionRead);
        executions.MapGet("/{id}/why", ExplainExecution).RequirePermission(Permissions.ExecutionRead);
        executions.MapGet("/{id}/graph", DrawGraph).RequirePermission(Permissions.ExecutionRead);
    }

    private static async Task<Ok<TaskList>> ListTasks(
        string id, [FromQuery] string? after, [FromQuery] string? limit, CallerIdentity caller, ExecutionReader reader,
        CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var slice = new TaskSlice(read.Position("after", after), read.Integer("limit", limit, fallback: 500, min: 1, max: MaxTasks));
        read.ThrowIfRefused();
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        var page = await reader.ListTasksAsync(row.Id, slice, cancellationToken) ?? throw Forgotten(id);
        return TypedResults.Ok(new TaskList(row.Id, [.. page.Tasks.Select(TaskObject.From)], page.Total, page.NextAfter));
    }

    private static async Task<Ok<EventPage>> ListEvents(
        string id, [FromQuery(Name = "after_seq")] string? afterSeq, [FromQuery] string? limit, CallerIdentity caller,
        ExecutionReader reader, IJournalStore journal, CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var after = read.Position("after_seq", afterSeq);
        var max = read.Integer("limit", limit, fallback: 200, min: 1, max: 1000);
        read.ThrowIfRefused();
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        return TypedResults.Ok(EventPages.Read(row.Id, await journal.ReadAsync(row.Id, 0, cancellationToken), after, max));
    }

    private static async Task<Ok<LogPage>> ListLogs(
        string id, [AsParameters] LogQuery query, CallerIdentity caller, ExecutionReader reader, LogReader logs,
        CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var slice = new LogSlice(
            read.Position("after", query.After),
            read.Integer("limit", query.Limit, fallback: 100, min: 1, max: 1000),
            read.OneOf("level", query.Level, "debug", "info", "warning", "error"),
            string.IsNullOrEmpty(query.Task) ? null : query.Task);
        var wait = read.Seconds("wait", query.Wait, max: 30);
        read.ThrowIfRefused();
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        return TypedResults.Ok(await logs.ReadAsync(row, slice, wait, cancellationToken));
    }

    private static async Task<Ok<WhyObject>> ExplainExecution(
        string id, CallerIdentity caller, ExecutionReader reader, TimeProvider time, CancellationToken cancellationToken)
    {
        var (row, view) = await GetViewAsync(id, caller, reader, cancellationToken);
        var now = time.GetUtcNow();
        var message = view switch
        {
            { IsTerminal: true, Error: { } error } => $"The execution has ended: {view.Status}: {error}",
            { IsTerminal: true } => $"The execution has ended: {view.Status}",
            { Why: [var first, ..] } => first.Message,
            _ => $"The execution is {view.Status}",
        };
        var nextLook = ExecutionObject.NextWakeOf(row);
        return TypedResults.Ok(
            new WhyObject(row.Id, view.Status, message, [.. view.Why.Select(wait => WaitObject.From(wait, nextLook, now))]));
    }

    private static async Task<Ok<GraphObject>> DrawGraph(
        string id, CallerIdentity caller, ExecutionReader reader, CancellationToken cancellationToken)
    {
        var (row, view) = await GetViewAsync(id, caller, reader, cancellationToken);
        var nodes = new List<GraphNode>();
        for (long? after = 0; after is { } from;)
        {
            var page = await reader.ListTasksAsync(row.Id, new TaskSlice(from, MaxTasks), cancellationToken) ?? throw Forgotten(id);
            nodes.AddRange(page.Tasks.Select(t => new GraphNode(
                t.Id, t.Kind, t.Description, t.Status, t.Attempt, t.StartedAt, t.CompletedAt, t.DependsOn, t.Parent)));
            after = page.NextAfter;
        }

        return TypedResults.Ok(new GraphObject(
            row.Id, view.Status, nodes, [.. nodes.SelectMany(node => node.DependsOn, (node, needed) => new GraphEdge(needed, node.Id))]));
    }

    private static async Task<(ExecutionRow Row, ExecutionView View)> GetViewAsync(
        string id, CallerIdentity caller, ExecutionReader reader, CancellationToken cancellationToken)
    {
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        // A row without a history: retention purges the events before the rows.
        return (row, await reader.DescribeAsync(row.Id, cancellationToken)
            ?? throw Forgotten(id));
    }

    private static ApiProblemException Forgotten(string id) =>
        new(ApiProblem.Create(404, $"The history of execution '{id}' is not kept any more", id));
}

/// <summary>Which lines of the log are asked for, as the query holds it.</summary>
internal sealed record LogQuery
{
    [FromQuery(Name = "limit")] public string? Limit { get; init; }
    [FromQuery(Name = "level")] public string? Level { get; init; }
    [FromQuery(Name = "task")] public string? Task { get; init; }
    [FromQuery(Name = "after")] public string? After { get; init; }
    [FromQuery(Name = "wait")] public string? Wait { get; init; }
}
