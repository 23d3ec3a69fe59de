using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Yaml;
using Periplon.Engine.Storage;

namespace Periplon.Api.Workflows;

/// <summary>Workflows: store, list, check.</summary>
internal static class WorkflowsApi
{
    private const string CreateScope = "POST /api/v1/workflows";

    public static void MapWorkflows(this IEndpointRouteBuilder app)
    {
        var workflows = app.MapGroup("/api/v1/workflows").WithTags("Workflows").AnswersProblems();
        workflows.MapGet("", ListWorkflows).RequirePermission(Permissions.WorkflowRead);
        workflows.MapPost("", CreateWorkflow).RequirePermission(Permissions.WorkflowCreate)
            .Accepts<SaveWorkflowRequest>(RequestBody.Json, RequestBody.YamlTypes);
        workflows.MapPost("/validate", ValidateWorkflow).RequirePermission(Permissions.WorkflowRead)
            .Accepts<SaveWorkflowRequest>(RequestBody.Json, RequestBody.YamlTypes);
        workflows.MapGet("/by-name/{name}", FindWorkflowByName).RequirePermission(Permissions.WorkflowRead);
        workflows.MapGet("/{id}", GetWorkflow).RequirePermission(Permissions.WorkflowRead);
        workflows.MapPut("/{id}", UpdateWorkflow).RequirePermission(Permissions.WorkflowUpdate)
            .Accepts<SaveWorkflowRequest>(RequestBody.Json, RequestBody.YamlTypes);
        workflows.MapDelete("/{id}", DeleteWorkflow).RequirePermission(Permissions.WorkflowDelete);
        workflows.MapGet("/{id}/versions", ListVersions).RequirePermission(Permissions.WorkflowRead);
        workflows.MapGet("/{id}/versions/{version}", GetVersion).RequirePermission(Permissions.WorkflowRead);
        workflows.MapRevisions();
    }

    private static async Task<Ok<WorkflowPage>> ListWorkflows(
        [AsParameters] WorkflowListQuery query, CallerIdentity caller, IWorkflowStore store, WorkflowDefinitions definitions,
        CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var filter = new WorkflowFilter
        {
            Organization = caller.Organization,
            Name = string.IsNullOrEmpty(query.Name) ? null : query.Name,
            Tags = QueryReader.Words(query.Tags),
            CreatedBy = string.IsNullOrEmpty(query.CreatedBy) ? null : query.CreatedBy,
            IsActive = read.Flag("is_active", query.IsActive),
        };
        var limit = read.Integer("limit", query.Limit, fallback: 50, min: 1, max: 500);
        var offset = read.Integer("offset", query.Offset, fallback: 0, min: 0, max: 10_000);
        read.ThrowIfRefused();

        var (rows, total) = await store.ListAsync(filter, offset, limit, cancellationToken);
        var workflows = new List<WorkflowObject>(rows.Count);
        foreach (var row in rows)
        {
            workflows.Add(WorkflowObject.From(row, await definitions.GetJsonAsync(row.Id, row.Revision, cancellationToken)));
        }

        return TypedResults.Ok(new WorkflowPage(workflows, total, offset, limit));
    }

    private static async Task<Results<Created<WorkflowCreated>, ApiProblem>> CreateWorkflow(
        [FromHeader(Name = RouteIds.IdempotencyKeyHeader)] string? idempotencyKey, HttpContext context, CallerIdentity caller,
        IWorkflowStore store, IGrainFactory grains, GrainCalls calls, TimeProvider time, CancellationToken cancellationToken)
    {
        var key = RouteIds.CheckIdempotencyKey(idempotencyKey);
        var request = WorkflowRequests.ReadSave(await RequestBody.ReadAsync(context, yaml: true), caller);
        if (string.IsNullOrWhiteSpace(request.Definition))
        {
            return DefinitionMissing();
        }

        var id = key is null ? ExecutionIds.New(time) : ExecutionIds.FromKey(caller.Organization, CreateScope, key);
        var replayed = key is not null && await store.FindAsync(id, cancellationToken) is not null;
        var grain = grains.GetGrain<IWorkflowGrain>(id.ToString("D"));
        var (saved, _) = await calls.RetryAsync(() => grain.CreateAsync(request, cancellationToken), id.ToString("D"), cancellationToken);
        if (saved.Status is not WorkflowSaveStatus.Saved)
        {
            return Refused(saved, id, key);
        }

        if (replayed)
        {
            context.Response.Headers[RouteIds.ReplayedHeader] = "true";
        }

        var (warnings, diagnostics) = Findings(saved);
        return TypedResults.Created(
            $"/api/v1/workflows/{id:D}",
            new WorkflowCreated(id, saved.Name, saved.Version, "Workflow created", saved.Revision, warnings, diagnostics));
    }

    private static async Task<Ok<ValidationObject>> ValidateWorkflow(
        HttpContext context, IWorkflowReader reader, CancellationToken cancellationToken)
    {
        var text = WorkflowRequests.ReadDefinition(await RequestBody.ReadAsync(context, yaml: true));
        var found = await reader.CheckAsync(text, cancellationToken);
        var errors = found.Where(d => d.Severity is DiagnosticSeverity.Error).Select(d => d.ToString()).ToList();
        var warnings = found.Where(d => d.Severity is DiagnosticSeverity.Warning).Select(d => d.ToString()).ToList();
        return TypedResults.Ok(new ValidationObject(errors.Count == 0, errors, warnings, [.. found.Select(DiagnosticObject.From)]));
    }

    private static async Task<Results<Ok<WorkflowObject>, ContentHttpResult, ApiProblem>> FindWorkflowByName(
        string name, HttpRequest request, CallerIdentity caller, IWorkflowStore store, WorkflowDefinitions definitions,
        CancellationToken cancellationToken)
    {
        var row = await store.FindByNameAsync(caller.Organization, name, cancellationToken);
        return row is null or { IsDeleted: true }
            ? ApiProblem.NotFound("workflow named", name)
            : await ShowAsync(row, row.Revision, request, store, definitions, cancellationToken);
    }

    private static async Task<Results<Ok<WorkflowObject>, ContentHttpResult, ApiProblem>> GetWorkflow(
        string id, HttpRequest request, CallerIdentity caller, IWorkflowStore store, WorkflowDefinitions definitions,
        CancellationToken cancellationToken)
    {
        var row = await GetRowAsync(id, caller, store, cancellationToken);
        return await ShowAsync(row, row.Revision, request, store, definitions, cancellationToken);
    }

    private static async Task<Results<Ok<WorkflowUpdated>, ApiProblem>> UpdateWorkflow(
        string id, HttpContext context, CallerIdentity caller, IWorkflowStore store, IGrainFactory grains, GrainCalls calls,
        CancellationToken cancellationToken)
    {
        var row = await GetRowAsync(id, caller, store, cancellationToken);
        var request = WorkflowRequests.ReadSave(await RequestBody.ReadAsync(context, yaml: true), caller);
        if (request is { Definition: null, Description: null, Tags: null, IsActive: null })
        {
            return ApiProblem.BadRequest("Nothing to change: give at least one of definition, description, tags, is_active");
        }

        if (request.Definition is not null && string.IsNullOrWhiteSpace(request.Definition))
        {
            return DefinitionMissing();
        }

        var grain = grains.GetGrain<IWorkflowGrain>(row.Id.ToString("D"));
        var (saved, _) = await calls.RetryAsync(() => grain.UpdateAsync(request, cancellationToken), id, cancellationToken);
        if (saved.Status is not WorkflowSaveStatus.Saved)
        {
            return Refused(saved, row.Id, key: null);
        }

        var (warnings, diagnostics) = Findings(saved);
        return TypedResults.Ok(new WorkflowUpdated(
            row.Id, "Workflow updated", saved.UpdatedAt, saved.Name, saved.Version, saved.Revision, warnings, diagnostics,
            saved.Revision == row.Revision
                ? null
                : await RevisionsApi.InShortAsync(row, saved.Revision, grains, calls, cancellationToken)));
    }

    private static async Task<Results<NoContent, ApiProblem>> DeleteWorkflow(
        string id, CallerIdentity caller, IWorkflowStore store, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var row = await GetRowAsync(id, caller, store, cancellationToken);
        return await grains.GetGrain<IWorkflowGrain>(row.Id.ToString("D")).DeleteAsync(caller.Organization, cancellationToken)
            ? TypedResults.NoContent()
            : ApiProblem.NotFound("workflow", id);
    }

    private static async Task<Results<Ok<WorkflowVersions>, ApiProblem>> ListVersions(
        string id, CallerIdentity caller, IWorkflowStore store, CancellationToken cancellationToken)
    {
        var row = await GetRowAsync(id, caller, store, cancellationToken);
        var versions = await store.ListVersionsAsync(row.Id, cancellationToken);
        return TypedResults.Ok(new WorkflowVersions(
            row.Id, [.. versions.Select(v => new WorkflowVersionObject(v.Version, v.Revision, v.CreatedAt, v.CreatedBy, v.Sha256))]));
    }

    private static async Task<Results<Ok<WorkflowObject>, ContentHttpResult, ApiProblem>> GetVersion(
        string id, string version, HttpRequest request, CallerIdentity caller, IWorkflowStore store, WorkflowDefinitions definitions,
        CancellationToken cancellationToken)
    {
        var row = await GetRowAsync(id, caller, store, cancellationToken);
        var versions = await store.ListVersionsAsync(row.Id, cancellationToken);
        // The version text wins over the revision number: it is the author's own name for it, and the newest of equal ones is meant.
        var found = versions.FirstOrDefault(v => v.Version == version)
            ?? versions.FirstOrDefault(v => v.Revision.ToString() == version);
        if (found is null)
        {
            return ApiProblem.NotFound($"version '{version}' of workflow", id);
        }

        var then = row with { Version = found.Version, Revision = found.Revision };
        return await ShowAsync(then, found.Revision, request, store, definitions, cancellationToken);
    }

    private static async Task<Results<Ok<WorkflowObject>, ContentHttpResult, ApiProblem>> ShowAsync(
        WorkflowRow row, int revision, HttpRequest request, IWorkflowStore store, WorkflowDefinitions definitions,
        CancellationToken cancellationToken)
    {
        if (request.GetTypedHeaders().Accept.Any(type => type.MediaType == RequestBody.Yaml)
            && await store.FindVersionAsync(row.Id, revision, cancellationToken) is { } version)
        {
            return TypedResults.Content(version.Definition, RequestBody.Yaml);
        }

        return TypedResults.Ok(WorkflowObject.From(row, await definitions.GetJsonAsync(row.Id, revision, cancellationToken)));
    }

    public static async Task<WorkflowRow> GetRowAsync(
        string text, CallerIdentity caller, IWorkflowStore store, CancellationToken cancellationToken)
    {
        var row = await store.FindAsync(RouteIds.Parse(text, "workflow"), cancellationToken);
        return row is { IsDeleted: false } && row.Organization == caller.Organization
            ? row
            : throw new ApiProblemException(ApiProblem.NotFound("workflow", text));
    }

    private static ApiProblem DefinitionMissing() => ApiProblem.BadRequest(
        "definition: is missing; give the workflow as YAML text or as a JSON object",
        new ProblemError("definition", "is missing; give the workflow as YAML text or as a JSON object"));

    private static ApiProblem Refused(WorkflowSaved saved, Guid id, string? key) => saved.Status switch
    {
        WorkflowSaveStatus.NotFound => ApiProblem.NotFound("workflow", id.ToString("D")),
        WorkflowSaveStatus.NameTaken => ApiProblem.Conflict(
            $"The name '{saved.Name}' is in use by workflow {saved.TakenBy:D}; change that one or take another name",
            saved.TakenBy?.ToString("D")),
        WorkflowSaveStatus.Conflict when key is not null => ApiProblem.KeyReused(key),
        WorkflowSaveStatus.Conflict => ApiProblem.Conflict(
            "The workflow was changed by somebody else in between; read it again", id.ToString("D")),
        _ => ApiProblem.BadRequest(
            "Workflow validation failed: " + string.Join("; ", Errors(saved).Take(3).Select(p => p.Message)),
            [.. Errors(saved).Select(DiagnosticObject.ToError)]),
    };

    private static IEnumerable<Problem> Errors(WorkflowSaved saved) => saved.Problems.Where(problem => problem.Severity == "error");

    private static (List<string> Warnings, List<DiagnosticObject> All) Findings(WorkflowSaved saved)
    {
        var all = saved.Problems.Select(DiagnosticObject.From).ToList();
        return ([.. all.Where(d => d.Severity == "warning").Select(d => d.ToString())], all);
    }
}
