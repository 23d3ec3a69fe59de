using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Http;

/// <summary>Sends requests and follows redirects, within the rules for addresses; what fails on the way is an outcome.</summary>
internal sealed class HttpSender(HttpConnections connections, TaskOptions options)
{
    /// <summary>Sends a request. What <paramref name="read"/> makes of the last answer is the outcome.</summary>
    /// <param name="plan">The request.</param>
    /// <param name="http">Whether redirects are followed and certificates checked.</param>
    /// <param name="texts">Masks what goes into messages.</param>
    /// <param name="say">Takes messages for the log.</param>
    /// <param name="read">Reads the answer to the last request, which may differ from the first.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal async Task<TaskOutcome> SendAsync(
        HttpRequestPlan plan, HttpDefinition http, ITaskTexts texts, Action<string> say,
        Func<HttpResponseMessage, HttpRequestPlan, Task<TaskOutcome>> read, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var request = plan.ToMessage();
            say($"{plan.Method} {plan.Url}");
            try
            {
                using var response = await connections.For(http.VerifyTls).SendAsync(request, cancellationToken);
                if (!http.FollowRedirects || TargetOf(response, plan.Url) is not { } target)
                {
                    return await read(response, plan);
                }

                var next = plan.Redirected(response.StatusCode, target);
                if (RefuseRedirect(plan, next, redirects) is { } refusal)
                {
                    return TaskOutcome.Failed(FailureKinds.HttpStatus, refusal, exitCode: (int)response.StatusCode);
                }

                plan = next;
            }
            catch (Exception exception) when (
                exception is HttpRequestException or IOException or HttpTargetRefusedException or SocketException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                return TaskOutcome.Failed(
                    FailureKinds.Network, texts.Mask($"{plan.Method} {plan.Url.Host}: {Explain(exception, plan.Url)}"));
            }
        }
    }

    private static Uri? TargetOf(HttpResponseMessage response, Uri from) =>
        response.StatusCode is HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect && response.Headers.Location is { } location
            ? new Uri(from, location)
            : null;

    private string? RefuseRedirect(HttpRequestPlan from, HttpRequestPlan to, int redirects) =>
        redirects >= options.MaxRedirects ? $"{from.Url.Host} redirects more than {options.MaxRedirects} times"
        : to.Url.Scheme is not ("http" or "https") ? $"{from.Url.Host} redirects to '{to.Url.Scheme}:', which is not HTTP"
        : from.Url.Scheme is "https" && to.Url.Scheme is "http"
            ? $"{from.Url.Host} redirects from https to http, which would undo the encryption"
        : to.HasSecretBody && !HttpRequestPlan.SameOrigin(from.Url, to.Url)
            ? $"{from.Url.Host} redirects to {to.Url.Host}, and the body holds a secret that is meant for {from.Url.Host} only"
        : null;

    internal static string Explain(Exception exception, Uri url)
    {
        var causes = new List<Exception>();
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            causes.Add(cause);
        }

        return causes.OfType<HttpTargetRefusedException>().FirstOrDefault() is { } refused ? refused.Message
            : causes.OfType<AuthenticationException>().LastOrDefault() is { } tls ? $"TLS failed: {tls.Message}"
            : causes.OfType<SocketException>().LastOrDefault() is { } socket
                ? socket.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
                    ? $"the name '{url.Host}' could not be resolved ({socket.Message})"
                    : $"no connection to port {url.Port} ({socket.Message})"
            : exception is OperationCanceledException ? $"no connection to port {url.Port} in time"
            : causes[^1].Message;
    }
}
