using Microsoft.Extensions.Options;

namespace Periplon.Api;

/// <summary>Who asks. Handlers take it as a parameter and scope every read and write by its organization.</summary>
internal sealed record CallerIdentity(string Organization, string? User)
{
    public static CallerIdentity Anonymous { get; } = new(ApiOptions.DefaultOrganization, null);

    // Minimal APIs bind handler parameters of this type through this method.
    public static ValueTask<CallerIdentity> BindAsync(HttpContext context) =>
        ValueTask.FromResult(context.Features.Get<CallerIdentity>()
            ?? throw new InvalidOperationException("The request did not pass ApiSecurity; call MapPeriplonApi before mapping routes"));
}

/// <summary>The permission that a route needs.</summary>
internal sealed record PermissionMetadata(string Permission);

/// <summary>
/// The one place through which every request goes: it says who the caller is and will say what the caller may do. Until accounts exist
/// every caller is anonymous and permitted, which is why the server listens on the loopback address only, and why it refuses what a web
/// page from elsewhere could send through the user's browser.
/// </summary>
internal sealed class ApiSecurity(RequestDelegate next, IOptions<ApiOptions> options)
{
    public Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (FindReasonToRefuse(context.Request) is { } reason)
        {
            return ApiProblem.Create(StatusCodes.Status403Forbidden, reason).ExecuteAsync(context);
        }

        if (HoldsNul(context.Request))
        {
            return ApiProblem.BadRequest("The query holds a NUL character (%00), which no filter has").ExecuteAsync(context);
        }

        context.Features.Set(CallerIdentity.Anonymous);
        return next(context);
    }

    private string? FindReasonToRefuse(HttpRequest request)
    {
        // A page may point its own name at the loopback address; the browser then takes this server for a part of the page's site.
        if (!options.Value.AllowedHosts.Contains(request.Host.Host, StringComparer.OrdinalIgnoreCase))
        {
            return $"This server is not called '{request.Host.Host}'; allowed are {string.Join(", ", options.Value.AllowedHosts)}";
        }

        // Browsers name the page that sends; a page from elsewhere may not change anything.
        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && !HttpMethods.IsGet(request.Method) && !IsOurs(origin, request)
            ? $"Requests from pages of '{origin}' are not allowed"
            : null;
    }

    // PostgreSQL stores no NUL in texts and fails where SQLite finds nothing. In a path the HTTP server refuses it itself.
    private static bool HoldsNul(HttpRequest request) => request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) is true;

    private static bool IsOurs(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var page)
        && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Names of permissions and the way a route names its own.</summary>
internal static class Permissions
{
    public const string Public = "public";
    public const string WorkflowRead = "workflow.read";
    public const string WorkflowCreate = "workflow.create";
    public const string WorkflowUpdate = "workflow.update";
    public const string WorkflowDelete = "workflow.delete";
    public const string WorkflowExecute = "workflow.execute";
    public const string ExecutionRead = "execution.read";
    public const string ExecutionCancel = "execution.cancel";
    public const string ExecutionSignal = "execution.signal";
    public const string ExecutionApprove = "execution.approve";
    public const string QueueRead = "queue.read";
    public const string ExecutionDelete = "execution.delete";
    public const string SystemAdmin = "system.admin";

    /// <summary>Names the permission a route needs; a test fails for a route that names none.</summary>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder builder, string permission)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new PermissionMetadata(permission));
}
