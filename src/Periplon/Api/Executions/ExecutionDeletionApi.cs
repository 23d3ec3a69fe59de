using Microsoft.AspNetCore.Http.HttpResults;
using Periplon.Api.Requests;
using Periplon.Core.Executions;
using Periplon.Engine.Audit;
using Periplon.Engine.Retention;

namespace Periplon.Api.Executions;

/// <summary>Executions: delete what has ended.</summary>
internal static class ExecutionDeletionApi
{
    public static void MapExecutionDeletion(this RouteGroupBuilder executions) =>
        executions.MapDelete("/{id}", DeleteExecution).RequirePermission(Permissions.ExecutionDelete)
            .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<NoContent, ApiProblem>> DeleteExecution(
        string id, CallerIdentity caller, ExecutionReader reader, IExecutionPurge purge, IAuditTrail audit,
        CancellationToken cancellationToken)
    {
        var row = await reader.GetRowAsync(id, caller, cancellationToken);
        if (!row.Status.IsTerminal())
        {
            return ApiProblem.Conflict(
                $"Execution '{id}' is {row.Status.ToWord()}; only executions that have ended are deleted, so cancel it first", id);
        }

        var tree = await purge.DeleteTreeAsync(row.Id, cancellationToken);
        if (tree.Deleted > 0)
        {
            await audit.AddAsync(
                caller, "execution.delete", $"execution {row.Id:D}",
                new()
                {
                    ["workflow"] = row.WorkflowName, ["status"] = row.Status.ToWord(), ["deleted"] = tree.Deleted,
                    ["is_gone"] = tree.IsGone,
                });
        }

        if (tree.IsGone)
        {
            return TypedResults.NoContent();
        }

        // Retention may have been faster: then it is not needed, but not there.
        await reader.GetRowAsync(id, caller, cancellationToken);
        return ApiProblem.Conflict(
            $"Execution '{id}' is needed by the execution that started it or by one it has started, which has not ended, or by a retry of "
            + "it, which has kept what it did; delete its retries first. If none of these is so, it is being changed at this moment: "
            + "repeat the request",
            id);
    }
}
