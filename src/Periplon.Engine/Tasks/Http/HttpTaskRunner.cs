using System.Buffers;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tasks.Http;

/// <summary>Sends HTTP requests.</summary>
internal sealed class HttpTaskRunner(HttpSender sender, TaskOptions options, IArtifactStore artifacts, TimeProvider time) : ITaskRunner
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
            return await sender.SendAsync(
                plan, context.Task.Http, context.Texts, capture.Say,
                (response, last) => ReadAsync(response, last, context, capture, stop.Token), stop.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return TaskOutcome.TimedOut(limit);
        }
    }

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
}
