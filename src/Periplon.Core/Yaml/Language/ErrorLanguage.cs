using System.Text.Json.Nodes;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Language;

/// <summary>Error handling, retries and limits of tasks (reference §8, design §8.8).</summary>
internal static class ErrorLanguage
{
    internal static readonly Shape<ErrorHandlingDefinition> OnError =
        new StructShape<ErrorHandlingDefinition>("OnError", f => new ErrorHandlingDefinition
    {
        Retry = f.Or("retry", Scalars.Count, 0, "Extra attempts after the first."),
        FallbackAgent = f.Text("fallback_agent", "Agent that takes over after the first failure; retry is then ignored."),
        RetryDelaySecs = f.Or("retry_delay_secs", Scalars.Duration, 1, "Seconds before an extra attempt."),
        ExponentialBackoff =
            f.Or("exponential_backoff", Scalars.Bool, false, "Whether the delay doubles with each extra attempt, up to 60 s."),
        Notify = f.Optional("notify", NotificationLanguage.Spec, "Notification on failure."),
    });

    private static readonly ChoiceShape<double> BackoffWords = new(("constant", 1), ("fixed", 1), ("exponential", 2));

    private static readonly Shape<double> Backoff = new CustomShape<double>(
        at => at.Node is ScalarNode { Kind: ScalarKind.Text }
            ? BackoffWords.Read(at)
            : Scalars.Between(1, 100).Read(at),
        definitions => new JsonObject
        {
            ["anyOf"] = new JsonArray(
                BackoffWords.Describe(definitions), new JsonObject { ["type"] = "number", ["minimum"] = 1, ["maximum"] = 100 }),
        });

    /// <summary>A number counts the extra attempts, as in <c>on_error</c>; <c>max_attempts</c> counts the first one too.</summary>
    internal static readonly Shape<RetryDefinition> Retry = new ByKindShape<RetryDefinition>(
        Scalars.Whole(0, 1_000_000).As(extra => new RetryDefinition { MaxAttempts = extra + 1 }),
        null,
        new StructShape<RetryDefinition>("Retry", f => new RetryDefinition
        {
            MaxAttempts = f.Or("max_attempts", Scalars.Whole(1, 1_000_001), 3, "Attempts in all, the first included."),
            DelaySecs = f.Or("delay_secs", Scalars.Duration, 1, "Seconds before the second attempt.", "delay"),
            Backoff = f.Or("backoff", Backoff, 2, "Factor by which the delay grows, or constant or exponential."),
            MaxDelaySecs = f.Or("max_delay_secs", Scalars.Duration, 60, "Longest delay, in seconds.", "max_delay"),
            Jitter = f.Or("jitter", Scalars.Between(0, 1), 0, "Share of the delay that is random, 0 to 1."),
            On = f.List("on", Scalars.Text, "Exit codes and error kinds that are worth another attempt."),
        }));

    private static readonly Shape<LimitStrategy> Strategy = new ChoiceShape<LimitStrategy>(
        ("queue", LimitStrategy.Queue), ("reject", LimitStrategy.Reject), ("cancel_oldest", LimitStrategy.CancelOldest));

    private static readonly Shape<ConcurrencyDefinition> ConcurrencyFields =
        new StructShape<ConcurrencyDefinition>("Concurrency", f => new ConcurrencyDefinition(
        f.Or("key", Scalars.Text, "", "Key text, may hold references; none means the workflow or task itself."),
        f.Or("limit", Scalars.Whole(1, int.MaxValue), 1, "How many at once."),
        f.Or("strategy", Strategy, LimitStrategy.Queue, "What happens above the limit.")));

    /// <summary>A text is the key, a number the limit.</summary>
    internal static readonly Shape<ConcurrencyDefinition> Concurrency = new ByKindShape<ConcurrencyDefinition>(
        new CustomShape<ConcurrencyDefinition>(
            at => at.Node is ScalarNode { Kind: ScalarKind.Integer or ScalarKind.Float }
                ? new ConcurrencyDefinition("", Scalars.Whole(1, int.MaxValue).Read(at))
                : new ConcurrencyDefinition(Scalars.Text.Read(at)),
            _ => new JsonObject
            {
                ["type"] = new JsonArray("string", "boolean", "integer"), ["minimum"] = 1, ["maximum"] = int.MaxValue,
            }),
        null,
        ConcurrencyFields);

    /// <summary>A number counts per minute; a text such as <c>10/s</c> names the period.</summary>
    internal static readonly Shape<RateLimitDefinition> RateLimit = new ByKindShape<RateLimitDefinition>(
        new CustomShape<RateLimitDefinition>(ReadRate, _ => new JsonObject
        {
            ["type"] = new JsonArray("string", "integer"),
            ["minimum"] = 1,
            ["maximum"] = int.MaxValue,
            ["pattern"] =
                $@"{SchemaForms.NumberText}|^\s*[0-9]+\s*/\s*(s|sec|second|m|min|minute|h|hour|d|day)\s*$",
        }),
        null,
        new StructShape<RateLimitDefinition>("RateLimit", f => new RateLimitDefinition(
            f.Text("key", "Key text, may hold references; none means the task itself."),
            f.Required("limit", Scalars.Whole(1, int.MaxValue), "How many per period."),
            f.Or("period_secs", Scalars.Duration, 60, "Length of the period, in seconds.", "per"))));

    internal static readonly Shape<CacheDefinition> Cache = new ByKindShape<CacheDefinition>(
        Scalars.Text.As(key => new CacheDefinition(key)),
        null,
        new StructShape<CacheDefinition>("Cache", f => new CacheDefinition(
            f.Required("key", Scalars.Text, "Key text, may hold references."),
            f.Seconds("ttl_secs", "How long an output is reused, in seconds.", "ttl"))));

    private static RateLimitDefinition ReadRate(Cursor at)
    {
        var text = ((ScalarNode)at.Node).Text;
        var cut = text.IndexOf('/', StringComparison.Ordinal);
        var period = cut < 0 ? 60 : text[(cut + 1)..].Trim() switch
        {
            "s" or "sec" or "second" => 1,
            "m" or "min" or "minute" => 60,
            "h" or "hour" => 3600,
            "d" or "day" => 86_400,
            _ => 0,
        };
        var count = cut < 0 ? text : text[..cut].Trim();
        if (period > 0 && CoreSchema.TryInteger(count, out var limit) && limit >= 1 && limit <= int.MaxValue)
        {
            return new RateLimitDefinition(null, (int)limit, period);
        }

        at.Error(DiagnosticCodes.WrongType,
            $"{at.Name} must be a number per minute or text such as '10/s', '100/minute' or '5/h'; found {at.Found}.");
        return new RateLimitDefinition(null, 1);
    }
}
