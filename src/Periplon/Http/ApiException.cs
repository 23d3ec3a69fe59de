using System.Net;
using System.Text.Json;

namespace Periplon.Http;

/// <summary>The server refused, could not be reached, or is no Periplon server. The message and the details are for people.</summary>
internal sealed class ApiException(string message, HttpStatusCode? status, IReadOnlyList<string> details) : Exception(message)
{
    public HttpStatusCode? Status { get; } = status;
    public IReadOnlyList<string> Details { get; } = details;

    /// <summary>Reads an error answer: <c>application/problem+json</c>, the older <c>{"error": …}</c>, or anything else.</summary>
    public static ApiException Of(HttpStatusCode status, string body, string url)
    {
        var code = $"{(int)status} {status}";
        try
        {
            using var document = JsonDocument.Parse(body);
            var problem = document.RootElement;
            if (problem.ValueKind == JsonValueKind.Object
                && (Text(problem, "detail") ?? Text(problem, "error") ?? Text(problem, "title")) is { } message)
            {
                return new ApiException($"{message} ({code})", status, Errors(problem));
            }
        }
        catch (JsonException)
        {
            // Not JSON: a proxy's page, or no Periplon server at all. What follows says so.
        }

        return new ApiException(
            status is HttpStatusCode.Unauthorized ? $"the server asks for a sign-in ({code})" : $"{url} answered {code}", status, []);
    }

    private static List<string> Errors(JsonElement problem)
    {
        if (!problem.TryGetProperty("errors", out var errors) || errors.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        var lines = new List<string>();
        foreach (var error in errors.EnumerateArray())
        {
            if (error.ValueKind != JsonValueKind.Object)
            {
                lines.Add(error.ToString());
                continue;
            }

            string?[] head = [Position(error), Text(error, "code"), Text(error, "path")];
            var start = string.Join(' ', head.Where(part => !string.IsNullOrEmpty(part)));
            lines.Add((start.Length == 0 ? "" : start + ": ") + Text(error, "message"));
            if (Text(error, "hint") is { } hint)
            {
                lines.Add("  " + hint);
            }
        }

        return lines;
    }

    private static string? Position(JsonElement error) =>
        error.TryGetProperty("line", out var line) && line.ValueKind == JsonValueKind.Number
            ? $"{line}:{(error.TryGetProperty("column", out var column) ? column.ToString() : "1")}"
            : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : null;
}
