using Microsoft.AspNetCore.Http.HttpResults;
using Periplon.Api.Requests;
using Periplon.Engine.Triggers;

namespace Periplon.Api.Triggers;

/// <summary>
/// The address to which webhooks are sent. It is open to everybody: a signature with the trigger's secret takes the place of a permission,
/// and whoever has none learns nothing, not even whether there is such a trigger.
/// </summary>
internal static class HooksApi
{
    private const string Route = "/api/v1/hooks/{id}";

    public static string PathOf(Guid id) => Route.Replace("{id}", id.ToString("D"), StringComparison.Ordinal);

    public static void MapHooks(this IEndpointRouteBuilder app)
    {
        var hooks = app.MapGroup("").WithTags("Triggers").AnswersProblems();
        hooks.MapPost(Route, ReceiveHook).RequirePermission(Permissions.Public)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<Results<Accepted<HookAccepted>, ApiProblem>> ReceiveHook(
        string id, HttpContext context, WebhookTriggers triggers, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadBytesAsync(context);
        var delivery = new WebhookDelivery(
            body, context.Request.ContentType,
            context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
            context.Request.Query.ToDictionary(part => part.Key, part => part.Value.ToString()));

        // What is no id belongs to no trigger, and is answered as any other such.
        var result = await triggers.ReceiveAsync(Guid.TryParseExact(id, "D", out var known) ? known : default, delivery, cancellationToken);
        return result.Status switch
        {
            WebhookStatus.Accepted or WebhookStatus.Repeated => TypedResults.Accepted((string?)null, Answer(result)),
            WebhookStatus.Paused => ApiProblem.Conflict(result.Detail!),
            WebhookStatus.Refused => ApiProblem.Create(422, result.Detail!),
            _ => ApiProblem.Create(401, "The request is not signed as it must be"),
        };
    }

    private static HookAccepted Answer(WebhookResult result)
    {
        var run = result.Run!;
        var isStart = run.Status is TriggerRunStatus.Started;
        var message = isStart ? $"Execution {run.ExecutionId:D} was started" : result.Detail ?? "Executions were signalled";
        return result.Status is WebhookStatus.Repeated
            ? new HookAccepted("repeated", isStart ? run.ExecutionId : null, $"This delivery came before: {message}")
            : new HookAccepted(TriggerRunStore.ToWord(run.Status), isStart ? run.ExecutionId : null, message);
    }
}
