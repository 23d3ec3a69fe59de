using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Client.Executions;
using Periplon.Engine.Triggers;

namespace Periplon.Api.Triggers;

/// <summary>Triggers: what starts or signals executions when something happens elsewhere.</summary>
internal static class TriggersApi
{
    private const string CreateScope = "POST /api/v1/triggers";
    private const int MaxKeepPrevious = 30 * 24 * 3600;
    private const int DefaultKeepPrevious = 24 * 3600;

    public static void MapTriggers(this IEndpointRouteBuilder app)
    {
        var triggers = app.MapGroup("/api/v1/triggers").WithTags("Triggers").AnswersProblems();
        triggers.MapGet("", ListTriggers).RequirePermission(TriggerPermissions.Read);
        triggers.MapPost("", CreateTrigger).RequirePermission(TriggerPermissions.Write)
            .Accepts<SaveTriggerRequest>(RequestBody.Json).ProducesProblem(StatusCodes.Status409Conflict);
        triggers.MapGet("/{id}", GetTrigger).RequirePermission(TriggerPermissions.Read);
        triggers.MapPut("/{id}", UpdateTrigger).RequirePermission(TriggerPermissions.Write)
            .Accepts<SaveTriggerRequest>(RequestBody.Json).ProducesProblem(StatusCodes.Status409Conflict);
        triggers.MapDelete("/{id}", DeleteTrigger).RequirePermission(TriggerPermissions.Write);
        triggers.MapPost("/{id}/pause", PauseTrigger).RequirePermission(TriggerPermissions.Write);
        triggers.MapPost("/{id}/resume", ResumeTrigger).RequirePermission(TriggerPermissions.Write);
        triggers.MapPost("/{id}/rotate", RotateSecret).RequirePermission(TriggerPermissions.Write)
            .Accepts<RotateTriggerRequest>(isOptional: true, RequestBody.Json);
        triggers.MapGet("/{id}/runs", ListTriggerRuns).RequirePermission(TriggerPermissions.Read);
    }

    private static async Task<Ok<TriggerPage>> ListTriggers(
        [FromQuery] string? kind, [FromQuery(Name = "workflow_id")] string? workflowId, [FromQuery] string? limit,
        [FromQuery] string? cursor, CallerIdentity caller, TriggerStore store, CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var word = read.OneOf("kind", kind, "webhook", "completion");
        var workflow = read.Id("workflow_id", workflowId);
        var most = read.Integer("limit", limit, fallback: 50, min: 1, max: 500);
        var after = NamedCursors.Read(cursor, read);
        read.ThrowIfRefused();
        TriggerKind? wanted = word is null ? null : word == "webhook" ? TriggerKind.Webhook : TriggerKind.Completion;
        var rows = await store.ListAsync(caller.Organization, wanted, workflow, after?.Text, most + 1, cancellationToken);
        var page = rows.Take(most).ToList();
        return TypedResults.Ok(new TriggerPage(
            [.. page.Select(TriggerObject.From)], most, rows.Count > most ? NamedCursors.Write(page[^1].CreatedAt, page[^1].Name) : null));
    }

    private static async Task<Results<Created<TriggerObject>, ApiProblem>> CreateTrigger(
        [FromHeader(Name = RouteIds.IdempotencyKeyHeader)] string? idempotencyKey, HttpContext context, CallerIdentity caller,
        TriggerStore store, TriggerRequests requests, TimeProvider time, CancellationToken cancellationToken)
    {
        var key = RouteIds.CheckIdempotencyKey(idempotencyKey);
        var request = (await RequestBody.ReadAsync(context)).ReadJson(TriggerJson.Default.SaveTriggerRequest);
        var asked = await requests.ReadAsync(request, caller.Organization, cancellationToken);
        var now = time.GetUtcNow();
        var secret = asked.Kind is TriggerKind.Webhook ? asked.Secret ?? NewSecret() : null;
        var row = new TriggerRow
        {
            Id = key is null ? ExecutionIds.New(time) : ExecutionIds.FromKey(caller.Organization, CreateScope, key),
            Organization = caller.Organization, Name = asked.Name, Kind = asked.Kind, IsPaused = request.IsPaused ?? false,
            Definition = asked.Definition, SecretSetAt = secret is null ? null : now, ActiveSince = now, ScannedTo = now, CreatedAt = now,
            UpdatedAt = now, CreatedBy = caller.User,
        };
        switch (await store.AddAsync(row, secret, cancellationToken))
        {
            case TriggerSaveStatus.NameTaken:
                return NameTaken(asked.Name);
            case TriggerSaveStatus.Conflict:
                return await ReplayAsync(row, key, context, store, cancellationToken);
            default:
                var stored = await store.FindAsync(row.Organization, row.Id, cancellationToken) ?? row;
                return TypedResults.Created($"/api/v1/triggers/{row.Id:D}", TriggerObject.From(stored) with { Secret = secret });
        }
    }

    private static async Task<Ok<TriggerObject>> GetTrigger(
        string id, CallerIdentity caller, TriggerStore store, CancellationToken cancellationToken) =>
        TypedResults.Ok(TriggerObject.From(await FindAsync(id, caller, store, cancellationToken)));

    private static async Task<Results<Ok<TriggerObject>, ApiProblem>> UpdateTrigger(
        string id, HttpContext context, CallerIdentity caller, TriggerStore store, TriggerRequests requests, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var row = await FindAsync(id, caller, store, cancellationToken);
        var request = (await RequestBody.ReadAsync(context)).ReadJson(TriggerJson.Default.SaveTriggerRequest);
        var word = TriggerStore.ToWord(row.Kind);
        var fields = new QueryReader();
        foreach (var (name, given, hint) in new[]
        {
            ("kind", request.Kind is not null && request.Kind != word, $"is '{word}' and cannot be changed; create another trigger"),
            ("secret", request.Secret is not null, "is changed with POST …/rotate"),
            ("is_paused", request.IsPaused is not null, "is changed with POST …/pause and …/resume"),
        })
        {
            if (given)
            {
                fields.Refuse(name, hint);
            }
        }

        fields.ThrowIfRefused();
        var asked = await requests.ReadAsync(request with { Kind = word }, caller.Organization, cancellationToken);
        var now = time.GetUtcNow();
        var changed = row with { Name = asked.Name, Definition = asked.Definition, UpdatedAt = now };
        if (asked.Definition.After?.WorkflowId != row.Definition.After?.WorkflowId)
        {
            // What ended before the trigger waited for it starts nothing.
            changed = changed with { ActiveSince = now, ScannedTo = now };
        }

        return await SaveAsync(changed, store, cancellationToken);
    }

    private static async Task<NoContent> DeleteTrigger(
        string id, CallerIdentity caller, TriggerStore store, CancellationToken cancellationToken) =>
        await store.DeleteAsync(caller.Organization, RouteIds.Parse(id, "trigger"), cancellationToken)
            ? TypedResults.NoContent()
            : throw new ApiProblemException(ApiProblem.NotFound("trigger", id));

    private static async Task<Results<Ok<TriggerObject>, ApiProblem>> PauseTrigger(
        string id, CallerIdentity caller, TriggerStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var row = await FindAsync(id, caller, store, cancellationToken);
        return row.IsPaused
            ? TypedResults.Ok(TriggerObject.From(row))
            : await SaveAsync(row with { IsPaused = true, UpdatedAt = time.GetUtcNow() }, store, cancellationToken);
    }

    private static async Task<Results<Ok<TriggerObject>, ApiProblem>> ResumeTrigger(
        string id, CallerIdentity caller, TriggerStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var row = await FindAsync(id, caller, store, cancellationToken);
        var now = time.GetUtcNow();
        return row.IsPaused
            ? await SaveAsync(row with { IsPaused = false, ActiveSince = now, ScannedTo = now, UpdatedAt = now }, store, cancellationToken)
            : TypedResults.Ok(TriggerObject.From(row));
    }

    private static async Task<Results<Ok<TriggerObject>, ApiProblem>> RotateSecret(
        string id, HttpContext context, CallerIdentity caller, TriggerStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var row = await FindAsync(id, caller, store, cancellationToken);
        var body = await RequestBody.ReadAsync(context, optional: true);
        var request = body.IsEmpty ? new RotateTriggerRequest() : body.ReadJson(TriggerJson.Default.RotateTriggerRequest);
        var fields = new QueryReader();
        TriggerRequests.RefuseUnknown(request.Unknown, "", "secret, keep_previous_secs", fields);
        TriggerRequests.CheckSecret(request.Secret, fields);
        var keep = request.KeepPreviousSecs ?? DefaultKeepPrevious;
        if (keep is < 0 or > MaxKeepPrevious)
        {
            fields.Refuse("keep_previous_secs", $"'{keep}' is not allowed; it must be from 0 to {MaxKeepPrevious}");
        }

        fields.ThrowIfRefused();
        if (row.Kind is not TriggerKind.Webhook)
        {
            return ApiProblem.Conflict($"Trigger '{row.Name}' is of kind completion, which has no secret", id);
        }

        var now = time.GetUtcNow();
        var secret = string.IsNullOrEmpty(request.Secret) ? NewSecret() : request.Secret;
        DateTimeOffset? until = keep == 0 ? null : now.AddSeconds(keep);
        await store.RotateAsync(caller.Organization, row.Id, secret, until, now, cancellationToken);
        return TypedResults.Ok(TriggerObject.From(await FindAsync(id, caller, store, cancellationToken)) with { Secret = secret });
    }

    private static async Task<Ok<TriggerRunPage>> ListTriggerRuns(
        string id, [FromQuery] string? limit, [FromQuery] string? cursor, CallerIdentity caller, TriggerStore store, TriggerRunStore runs,
        CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var most = read.Integer("limit", limit, fallback: 50, min: 1, max: 500);
        var after = NamedCursors.Read(cursor, read);
        read.ThrowIfRefused();
        var row = await FindAsync(id, caller, store, cancellationToken);
        var rows = await runs.ListAsync(
            caller.Organization, row.Id, after is { } place ? new TriggerRunCursor(place.At, place.Text) : null, most + 1,
            cancellationToken);
        var page = rows.Take(most).ToList();
        return TypedResults.Ok(new TriggerRunPage(
            [.. page.Select(TriggerRunObject.From)], most,
            rows.Count > most ? NamedCursors.Write(page[^1].CreatedAt, page[^1].Source) : null));
    }

    private static async Task<TriggerRow> FindAsync(
        string id, CallerIdentity caller, TriggerStore store, CancellationToken cancellationToken) =>
        await store.FindAsync(caller.Organization, RouteIds.Parse(id, "trigger"), cancellationToken)
            ?? throw new ApiProblemException(ApiProblem.NotFound("trigger", id));

    private static async Task<Results<Ok<TriggerObject>, ApiProblem>> SaveAsync(
        TriggerRow row, TriggerStore store, CancellationToken cancellationToken) =>
        await store.UpdateAsync(row, cancellationToken) switch
        {
            TriggerSaveStatus.NameTaken => NameTaken(row.Name),
            TriggerSaveStatus.Conflict => ApiProblem.Conflict(
                $"Trigger '{row.Name}' was changed by another request meanwhile; read it again", row.Id.ToString("D")),
            _ => TypedResults.Ok(TriggerObject.From(await store.FindAsync(row.Organization, row.Id, cancellationToken) ?? row)),
        };

    // The secret is shown once: who lost the answer that had it rotates it.
    private static async Task<Results<Created<TriggerObject>, ApiProblem>> ReplayAsync(
        TriggerRow asked, string? key, HttpContext context, TriggerStore store, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(asked.Organization, asked.Id, cancellationToken) is not { } stored || stored.Kind != asked.Kind
            || (stored.Revision == 1 && (stored.Name != asked.Name || !IsSame(stored.Definition, asked.Definition))))
        {
            return ApiProblem.KeyReused(key ?? "");
        }

        context.Response.Headers[RouteIds.ReplayedHeader] = "true";
        return TypedResults.Created($"/api/v1/triggers/{asked.Id:D}", TriggerObject.From(stored));
    }

    private static bool IsSame(TriggerDefinition stored, TriggerDefinition asked) =>
        JsonSerializer.Serialize(stored, TriggerDefinitionJson.Default.TriggerDefinition)
            == JsonSerializer.Serialize(asked, TriggerDefinitionJson.Default.TriggerDefinition);

    private static ApiProblem NameTaken(string name) =>
        ApiProblem.Conflict($"There is a trigger named '{name}' already; names are unique in an organization");

    private static string NewSecret() => "whsec_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
}
