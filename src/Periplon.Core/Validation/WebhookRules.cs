using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Webhook channels.</summary>
internal static class WebhookRules
{
    private const int ManyAttempts = 10;

    internal static void Check(ValidationContext context, NotificationChannel.Webhook webhook, string path)
    {
        if (SecretRules.StartsWith(webhook.Url))
        {
            SecretRules.CheckField(context, $"{path}.url", webhook.Url);
        }
        else
        {
            WebAddress.Check(context.Report, ValidationCodes.WebhookUrlScheme, $"{path}.url", webhook.Url, "The webhook");
        }

        CheckAuth(context, webhook.Auth, $"{path}.auth");
        if (webhook.Retry is { } retry)
        {
            CheckRetry(context.Report, retry, $"{path}.retry");
        }

        if (webhook.TimeoutSecs is { } seconds and not > 0)
        {
            context.Report.Error(
                ValidationCodes.TimeoutOutOfRange,
                $"{path}.timeout_secs",
                $"The webhook has a timeout of {seconds} seconds.",
                "Give more than 0 seconds, or leave it out.");
        }
    }

    private static void CheckAuth(ValidationContext context, HttpAuth? auth, string path)
    {
        switch (auth)
        {
            case HttpAuth.Bearer bearer:
                SecretRules.CheckField(context, $"{path}.token", bearer.Token);
                break;
            case HttpAuth.Basic basic:
                SecretRules.CheckField(context, $"{path}.username", basic.Username);
                SecretRules.CheckField(context, $"{path}.password", basic.Password);
                break;
            case HttpAuth.ApiKey key:
                if (string.IsNullOrWhiteSpace(key.Header))
                {
                    context.Report.Error(
                        ValidationCodes.WebhookApiKeyHeaderBlank,
                        $"{path}.header",
                        "The header of the API key is empty.",
                        "Name it, such as X-API-Key.");
                }

                SecretRules.CheckField(context, $"{path}.key", key.Key);
                break;
            case HttpAuth.Custom custom:
                CheckCustom(context, custom, path);
                break;
        }
    }

    private static void CheckCustom(ValidationContext context, HttpAuth.Custom custom, string path)
    {
        if (custom.Headers.Count == 0)
        {
            context.Report.Error(
                ValidationCodes.WebhookCustomHeadersEmpty,
                $"{path}.headers",
                "The custom authentication has no headers.",
                "Add a header, or remove 'auth'.");
        }

        foreach (var (name, value) in custom.Headers)
        {
            if (string.IsNullOrWhiteSpace(name))
            {
                context.Report.Error(
                    ValidationCodes.WebhookCustomHeaderBlank,
                    $"{path}.headers.{name}",
                    "A header of the custom authentication has no name.",
                    "Give it a name.");
            }

            SecretRules.CheckField(context, $"{path}.headers.{name}", value);
        }
    }

    private static void CheckRetry(ValidationReport report, WebhookRetry retry, string path)
    {
        if (retry.MaxAttempts < 1)
        {
            report.Error(
                ValidationCodes.WebhookRetryZero,
                $"{path}.max_attempts",
                $"The webhook is tried {retry.MaxAttempts} times.",
                "Give 1 or more; the first attempt counts.");
        }
        else if (retry.MaxAttempts > ManyAttempts)
        {
            report.Warning(
                ValidationCodes.WebhookManyAttempts,
                $"{path}.max_attempts",
                $"The webhook is tried {retry.MaxAttempts} times.",
                $"Keep up to {ManyAttempts}.");
        }

        if (retry is { ExponentialBackoff: true, DelaySecs: <= 0 })
        {
            report.Warning(
                ValidationCodes.WebhookBackoffWithoutDelay,
                $"{path}.delay_secs",
                "The webhook's delay of 0 seconds does not grow, however often it is doubled.",
                "Give a delay of 1 second or more.");
        }
    }
}
