namespace Periplon.Api.Requests;

/// <summary>Reads the ids of routes and the idempotency key.</summary>
internal static class RouteIds
{
    public const string IdempotencyKeyHeader = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int MaxKeyLength = 255;

    /// <summary>The id of a route.</summary>
    /// <param name="text">What the route holds.</param>
    /// <param name="thing">What it names, for the message.</param>
    public static Guid Parse(string text, string thing) =>
        Guid.TryParseExact(text, "D", out var id)
            ? id
            : throw new ApiProblemException(ApiProblem.Create(
                400, $"'{text}' is no {thing} id; ids are UUIDs such as {Guid.Empty:D}", text));

    /// <summary>The idempotency key as the header has it; null when there is none.</summary>
    public static string? CheckIdempotencyKey(string? key) =>
        key is null or { Length: > 0 and <= MaxKeyLength } && (key ?? "").All(c => c is > ' ' and < (char)0x7F)
            ? key
            : throw new ApiProblemException(ApiProblem.BadRequest(
                $"The header {IdempotencyKeyHeader} must have 1 to {MaxKeyLength} visible ASCII characters"));
}
