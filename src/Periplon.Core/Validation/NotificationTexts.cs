using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>The texts of notifications that are filled in.</summary>
internal static class NotificationTexts
{
    internal static void Add(TextList texts, string path, NotificationSpec? spec)
    {
        if (spec is null)
        {
            return;
        }

        texts.Add(spec.Channels is null ? path : $"{path}.message", spec.Message);
        texts.Add($"{path}.title", spec.Title);
        texts.AddMap($"{path}.metadata", spec.Metadata);
        AddChannels(texts, $"{path}.channels", spec.Channels ?? []);
    }

    internal static void AddChannels(TextList texts, string path, IReadOnlyList<NotificationChannel> channels)
    {
        for (var i = 0; i < channels.Count; i++)
        {
            AddChannel(texts, $"{path}[{i}]", channels[i]);
        }
    }

    private static void AddChannel(TextList texts, string path, NotificationChannel channel)
    {
        switch (channel)
        {
            case NotificationChannel.File file:
                texts.Add($"{path}.path", file.Path);
                break;
            case NotificationChannel.Ntfy ntfy:
                texts.Add($"{path}.server", ntfy.Server);
                texts.Add($"{path}.topic", ntfy.Topic);
                texts.Add($"{path}.title", ntfy.Title);
                texts.Add($"{path}.click_url", ntfy.ClickUrl);
                texts.Add($"{path}.attach_url", ntfy.AttachUrl);
                texts.Add($"{path}.auth_token", ntfy.AuthToken);
                break;
            case NotificationChannel.Slack slack:
                texts.Add($"{path}.credential", slack.Credential, TextUse.Credential);
                texts.Add($"{path}.channel", slack.Channel);
                break;
            case NotificationChannel.Discord discord:
                texts.Add($"{path}.webhook_url", discord.WebhookUrl, TextUse.Credential);
                texts.Add($"{path}.embed.title", discord.Embed?.Title);
                texts.Add($"{path}.embed.description", discord.Embed?.Description);
                break;
            case NotificationChannel.Email email:
                texts.Add($"{path}.subject", email.Subject);
                texts.Add($"{path}.smtp.host", email.Smtp.Host);
                texts.Add($"{path}.smtp.username", email.Smtp.Username, TextUse.Credential);
                texts.Add($"{path}.smtp.password", email.Smtp.Password, TextUse.Credential);
                break;
            case NotificationChannel.Teams teams:
                texts.Add($"{path}.webhook_url", teams.WebhookUrl, TextUse.Credential);
                break;
            case NotificationChannel.Telegram telegram:
                texts.Add($"{path}.bot_token", telegram.BotToken, TextUse.Credential);
                texts.Add($"{path}.chat_id", telegram.ChatId);
                break;
            case NotificationChannel.PagerDuty pagerDuty:
                texts.Add($"{path}.integration_key", pagerDuty.IntegrationKey, TextUse.Credential);
                texts.Add($"{path}.dedup_key", pagerDuty.DedupKey);
                texts.AddValue($"{path}.custom_details", pagerDuty.CustomDetails);
                break;
            case NotificationChannel.Webhook webhook:
                texts.Add($"{path}.url", webhook.Url, TextUse.Credential);
                texts.Add($"{path}.body_template", webhook.BodyTemplate);
                texts.AddMap($"{path}.headers", webhook.Headers);
                TaskTexts.AddAuth(texts, $"{path}.auth", webhook.Auth, TextUse.Credential);
                break;
        }
    }
}
