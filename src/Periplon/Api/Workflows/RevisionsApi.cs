using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Client.Workflows;
using Periplon.Engine.Audit;
using Periplon.Engine.Storage;

namespace Periplon.Api.Workflows;

/// <summary>Workflows: what a revision means for the executions that are under way, and their move to it.</summary>
internal static class RevisionsApi
{
    private const int DefaultSample = 100;
    private const int MaxSample = 200;
    private const int ShortSample = 20;
    private const int MaxExecutions = 1000;

    public static void MapRevisions(this RouteGroupBuilder workflows)
    {
        workflows.MapGet("/{id}/impact", ShowImpact).RequirePermission(Permissions.WorkflowRead);
        workflows.MapPost("/{id}/impact", AssessDefinition).RequirePermission(Permissions.WorkflowRead)
            .Accepts<SaveWorkflowRequest>(RequestBody.Json, RequestBody.YamlTypes);
        workflows.MapPost("/{id}/migrate", MigrateExecutions).RequirePermission(Permissions.WorkflowUpdate)
            .Accepts<MigrateExecutionsRequest>(isOptional: true, RequestBody.Json);
    }

    /// <summary>
    /// The report in short, for the answer to a new revision; null when it cannot be had, for the revision is stored all the same.
    /// </summary>
    public static async Task<ImpactObject?> InShortAsync(
        WorkflowRow row, int revision, IGrainFactory grains, GrainCalls calls, CancellationToken cancellationToken)
    {
        try
        {
            var request = new ImpactRequest { Organization = row.Organization, Revision = revision, Sample = ShortSample };
            var report = await AskAsync(row.Id, request, grains, calls, cancellationToken);
            return report.Status is RevisionStatus.Done ? ImpactObject.From(row.Id, report) : null;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task<Results<Ok<ImpactObject>, ApiProblem>> ShowImpact(
        string id, [FromQuery] string? revision, [FromQuery] string? sample, CallerIdentity caller, IWorkflowStore store,
        IGrainFactory grains, GrainCalls calls, CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var request = new ImpactRequest
        {
            Organization = caller.Organization, Revision = read.Integer("revision", revision, fallback: 0, min: 1, max: int.MaxValue),
            Sample = read.Integer("sample", sample, DefaultSample, min: 0, MaxSample),
        };
        read.ThrowIfRefused();
        return await AnswerAsync(id, request, caller, store, grains, calls, cancellationToken);
    }

    private static async Task<Results<Ok<ImpactObject>, ApiProblem>> AssessDefinition(
        string id, [FromQuery] string? sample, HttpContext context, CallerIdentity caller, IWorkflowStore store, IGrainFactory grains,
        GrainCalls calls, CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var most = read.Integer("sample", sample, DefaultSample, min: 0, MaxSample);
        read.ThrowIfRefused();
        var text = WorkflowRequests.ReadDefinition(await RequestBody.ReadAsync(context, yaml: true));
        var request = new ImpactRequest { Organization = caller.Organization, Definition = text, Sample = most };
        return await AnswerAsync(id, request, caller, store, grains, calls, cancellationToken);
    }

    private static async Task<Results<Ok<ImpactObject>, ApiProblem>> AnswerAsync(
        string id, ImpactRequest request, CallerIdentity caller, IWorkflowStore store, IGrainFactory grains, GrainCalls calls,
        CancellationToken cancellationToken)
    {
        var row = await WorkflowsApi.GetRowAsync(id, caller, store, cancellationToken);
        var report = await AskAsync(row.Id, request, grains, calls, cancellationToken);
        return report.Status switch
        {
            RevisionStatus.Done => TypedResults.Ok(ImpactObject.From(row.Id, report)),
            RevisionStatus.Invalid => Invalid(report),
            _ => Missing(report.Status, id, request.Revision, report.Revision),
        };
    }

    private static ApiProblem Invalid(ImpactReport report)
    {
        var errors = report.Problems.Where(problem => problem.Severity == "error").ToList();
        return ApiProblem.BadRequest(
            "Workflow validation failed: " + string.Join("; ", errors.Take(3).Select(problem => problem.Message)),
            [.. errors.Select(DiagnosticObject.ToError)]);
    }

    private static async Task<Results<Ok<MigrationObject>, ApiProblem>> MigrateExecutions(
        string id, HttpContext context, CallerIdentity caller, IWorkflowStore store, IGrainFactory grains, GrainCalls calls,
        IAuditTrail audit, CancellationToken cancellationToken)
    {
        var row = await WorkflowsApi.GetRowAsync(id, caller, store, cancellationToken);
        var request = Read(await RequestBody.ReadAsync(context, optional: true)) with
        {
            Organization = caller.Organization, By = caller.User,
        };
        var grain = grains.GetGrain<IWorkflowGrain>(row.Id.ToString("D"));
        var (report, count) = await calls.RetryAsync(() => grain.MigrateExecutionsAsync(request, cancellationToken), id, cancellationToken);
        if (report.Status is RevisionStatus.Done && !request.DryRun)
        {
            var details = new JsonObject
            {
                ["revision"] = report.Revision, ["from_revision"] = request.FromRevision, ["executions"] = IdsOf(report.Migrated),
            };
            if (count > 1)
            {
                // A call before this one was not answered, and what it moved is not in the report.
                details["unanswered_calls"] = count - 1;
                details["asked"] = request.Executions is null ? "all" : IdsOf(request.Executions);
                details["after"] = request.After;
            }

            await audit.AddAsync(caller, "workflow.migrate", $"workflow {row.Id:D}", details);
        }

        return report.Status is RevisionStatus.Done
            ? TypedResults.Ok(new MigrationObject(
                row.Id, report.Revision, request.DryRun, report.Migrated, report.Unchanged, report.Obstacles.Sum(each => each.Count),
                [.. report.Obstacles.Select(ObstacleObject.From)], report.NextAfter))
            : Missing(report.Status, id, request.Revision, report.Revision);
    }

    private static JsonArray IdsOf(IEnumerable<Guid> executions) => new([.. executions.Select(each => JsonValue.Create(each))]);

    private static MigrateExecutions Read(RequestBody content)
    {
        var body = content.IsEmpty ? new MigrateExecutionsRequest() : content.ReadJson(RevisionJson.Default.MigrateExecutionsRequest);
        var fields = new QueryReader();
        foreach (var name in body.Unknown?.Keys ?? Enumerable.Empty<string>())
        {
            fields.Refuse(name, "is not known; allowed are to_revision, from_revision, executions, dry_run, after");
        }

        foreach (var (name, number) in new[] { ("to_revision", body.ToRevision), ("from_revision", body.FromRevision) })
        {
            if (number < 1)
            {
                fields.Refuse(name, $"{number} is no revision; they are counted from 1");
            }
        }

        if (body.Executions is { Count: 0 or > MaxExecutions })
        {
            fields.Refuse("executions", $"has {body.Executions.Count} entries; 1 to {MaxExecutions} are allowed");
        }

        var ids = (body.Executions ?? [])
            .Select((text, i) => fields.Id($"executions[{i.ToString(CultureInfo.InvariantCulture)}]", text ?? ""))
            .OfType<Guid>().ToList();
        var after = fields.Id("after", body.After);
        fields.ThrowIfRefused();
        return new MigrateExecutions
        {
            Organization = "", Revision = body.ToRevision ?? 0, FromRevision = body.FromRevision,
            Executions = body.Executions is null ? null : ids, DryRun = body.DryRun ?? false, After = after,
        };
    }

    private static async Task<ImpactReport> AskAsync(
        Guid workflowId, ImpactRequest request, IGrainFactory grains, GrainCalls calls, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<IWorkflowGrain>(workflowId.ToString("D"));
        var (report, _) = await calls.RetryAsync(
            () => grain.AssessImpactAsync(request, cancellationToken), workflowId.ToString("D"), cancellationToken);
        return report;
    }

    private static ApiProblem Missing(RevisionStatus status, string id, int asked, int newest) =>
        status is RevisionStatus.NoRevision
            ? ApiProblem.Create(404, $"Workflow '{id}' has no revision {asked}; it has 1 to {newest}", id)
            : ApiProblem.NotFound("workflow", id);
}
