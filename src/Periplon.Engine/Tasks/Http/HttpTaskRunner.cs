using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tasks.Http;

/// <summary>Sends HTTP requests.</summary>
internal sealed class HttpTaskRunner(HttpConnections connections, TaskOptions options, IArtifactStore artifacts, TimeProvider time)
    : ITaskRunner
{
    private const int BufferSize = 64 * 1024;
    private const int ShownBodyBytes = 1024;

    public TaskKind Kind => TaskKind.Http;

    public Task<TaskOutcome> RunAsync(TaskContext context, CancellationToken cancellationToken) =>
        ExpectedFailures.CatchAsync(() => RunWithLimitAsync(context, cancellationToken), cancellationToken);

    private async Task<TaskOutcome> RunWithLimitAsync(TaskContext context, CancellationToken cancellationToken)
    {
        var plan = HttpRequestPlan.Make(context, out var problem);
        if (plan is null)
        {
            return TaskOutcome.Failed(FailureKinds.Input, problem!);
        }

        var limit = TimeLimit.Shorter(context.Timeout, context.Task.Http!.TimeoutSecs) ?? options.HttpTimeout;
        using var deadline = TimeLimit.Start(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var capture = new OutputCapture(context, options, artifacts);
        try
        {
            return await SendAsync(plan, context, capture, stop.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return TaskOutcome.TimedOut(limit);
        }
    }

    private async Task<TaskOutcome> SendAsync(
        HttpRequestPlan plan, TaskContext context, OutputCapture capture, CancellationToken cancellationToken)
    {
        var http = context.Task.Http!;
        for (var redirects = 0; ; redirects++)
        {
            using var request = plan.ToMessage();
            capture.Say($"{plan.Method} {plan.Url}");
            try
            {
                using var response = await connections.For(http.VerifyTls).SendAsync(request, cancellationToken);
                if (!http.FollowRedirects || TargetOf(response, plan.Url) is not { } target)
                {
                    return await ReadAsync(response, plan, context, capture, cancellationToken);
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
                    FailureKinds.Network, context.Texts.Mask($"{plan.Method} {plan.Url.Host}: {Explain(exception, plan.Url)}"));
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

    private async Task<TaskOutcome> ReadAsync(
        HttpResponseMessage response, HttpRequestPlan plan, TaskContext context, OutputCapture capture, CancellationToken cancellationToken)
    {
        var body = capture.Open("stdout", Math.Max(context.Limits.MaxStdoutBytes, 0));
        await CopyAsync(response.Content, body, capture, cancellationToken);
        var status = (int)response.StatusCode;
        capture.Say($"{plan.Url.Host} answered {status} {response.ReasonPhrase}, {body.Size} bytes");
        var captured = await capture.CompleteAsync([body], status, store: true, cancellationToken);
        captured = captured with { Output = captured.Output with { Values = MakeValues(response, captured.Output, capture) } };
        if (response.IsSuccessStatusCode)
        {
            return captured.Completed();
        }

        var begin = captured.Output.Text is { } text ? ": " + text[..Utf8Text.FitHead(text, ShownBodyBytes)] : "";
        return TaskOutcome.Failed(
            FailureKinds.HttpStatus, context.Texts.Mask($"{plan.Method} {plan.Url.Host} answered {status} {response.ReasonPhrase}{begin}"),
            captured.Output, status);
    }

    // Stops at the bound instead of reading on: what is compressed to almost nothing would otherwise keep the worker busy for hours.
    private async Task CopyAsync(HttpContent content, CapturedStream body, OutputCapture capture, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                var room = (int)Math.Min(read, options.MaxSpillBytes - body.Size);
                body.Append(buffer.AsSpan(0, room));
                if (room < read)
                {
                    capture.Say($"The body is larger than {options.MaxSpillBytes} bytes; the rest is not read");
                    return;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Dictionary<string, JsonElement> MakeValues(HttpResponseMessage response, TaskOutput output, OutputCapture capture)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(", ", header.Value));
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["status_code"] = JsonSerializer.SerializeToElement((int)response.StatusCode),
            ["headers"] = JsonSerializer.SerializeToElement(headers),
        };
        // A larger body is reached through the output text, whose members references can name as well.
        if (!output.Truncated && output.Text is { } text && text.Length <= options.MaxValueBytes && TryParse(text, out var json))
        {
            if (ValueLimits.FindProblem(json) is { } problem)
            {
                capture.Say($"The JSON of the body {problem}; the output 'json' is left out");
            }
            else
            {
                values["json"] = json;
            }
        }

        return values;
    }

    private static bool TryParse(string text, out JsonElement json)
    {
        json = default;
        if (text.AsSpan().TrimStart() is [] or ['<', ..])
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            json = document.RootElement.Clone();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

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
