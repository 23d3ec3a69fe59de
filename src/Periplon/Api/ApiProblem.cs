using System.Text.Json.Serialization;

namespace Periplon.Api;

/// <summary>One mistake in a request: where, and what is wrong.</summary>
internal sealed record ProblemError(string Path, string Message)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Code { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? Line { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? Column { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Hint { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? File { get; init; }
}

/// <summary>An answer of RFC 9457, with the <c>error</c> and <c>id</c> of the earlier API.</summary>
internal sealed class ApiProblem : IResult
{
    public const string ContentType = "application/problem+json";

    public required string Type { get; init; }
    public required string Title { get; init; }
    public required int Status { get; init; }
    public required string Detail { get; init; }
    public IReadOnlyList<ProblemError> Errors { get; init; } = [];
    public string Error => Detail;
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? Id { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? TraceId { get; init; }
    [JsonIgnore] public int? RetryAfterSeconds { get; init; }

    public static ApiProblem BadRequest(string detail, params IReadOnlyList<ProblemError> errors) => Create(400, detail, errors: errors);

    public static ApiProblem NotFound(string thing, string id) => Create(404, $"There is no {thing} '{id}'", id);

    public static ApiProblem Conflict(string detail, string? id = null) => Create(409, detail, id);

    public static ApiProblem KeyReused(string key) =>
        Named(
            "Idempotency key reused",
            $"Idempotency-Key '{key}' was used before for a different request; use a new key for a new request");

    public static ApiProblem NotRunnable(string detail, string id, IReadOnlyList<ProblemError> errors) =>
        Named("Workflow cannot be run", detail, id, errors);

    public static ApiProblem Unavailable(string detail, string? id = null) => new()
    {
        Type = TypeOf(503), Title = TitleOf(503), Status = 503, Detail = detail, Id = id, RetryAfterSeconds = 1,
    };

    public static ApiProblem Create(
        int status, string detail, string? id = null, string? traceId = null, IReadOnlyList<ProblemError>? errors = null) => new()
        {
            Type = TypeOf(status),
            Title = TitleOf(status),
            Status = status,
            Detail = detail,
            Id = id,
            TraceId = traceId,
            Errors = errors ?? [],
        };

    private static ApiProblem Named(string title, string detail, string? id = null, IReadOnlyList<ProblemError>? errors = null) => new()
    {
        Type = TypeOf(title), Title = title, Status = 422, Detail = detail, Id = id, Errors = errors ?? [],
    };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;
        if (RetryAfterSeconds is { } seconds)
        {
            httpContext.Response.Headers.RetryAfter = seconds.ToString();
        }

        return httpContext.Response.WriteAsJsonAsync(this, ApiAnswers.Json.ApiProblem, ContentType, httpContext.RequestAborted);
    }

    private static string TitleOf(int status) => status switch
    {
        400 => "Bad request",
        403 => "Forbidden",
        404 => "Not found",
        405 => "Method not allowed",
        409 => "Conflict",
        413 => "Request body too large",
        415 => "Unsupported media type",
        422 => "Cannot be processed",
        500 => "Internal error",
        503 => "Temporarily unavailable",
        _ => Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status),
    };

    private static string TypeOf(int status) => TypeOf(TitleOf(status));

    private static string TypeOf(string title) => "urn:periplon:problem:" + title.ToLowerInvariant().Replace(' ', '-');
}

/// <summary>Names problems in the OpenAPI document.</summary>
internal static class ApiProblemRoutes
{
    public static RouteGroupBuilder AnswersProblems(this RouteGroupBuilder group)
    {
        foreach (var status in (int[])[400, 404, 500, 503])
        {
            group.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ApiProblem), [ApiProblem.ContentType]));
        }

        return group;
    }
}

/// <summary>Ends a request with a problem; thrown by the readers of requests, so that handlers stay straight.</summary>
internal sealed class ApiProblemException(ApiProblem problem) : Exception(problem.Detail)
{
    public ApiProblem Problem { get; } = problem;
}
