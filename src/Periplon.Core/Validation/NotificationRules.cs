using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Notifications and their channels.</summary>
internal static class NotificationRules
{
    internal static void Check(ValidationContext context)
    {
        CheckChannels(context, context.Workflow.Notifications?.DefaultChannels ?? [], "notifications.default_channels");
        if (context.Workflow.Defaults?.OnError?.Notify is { } notify)
        {
            CheckSpec(context, notify, "defaults.on_error.notify");
        }

        foreach (var node in context.Tree.Nodes)
        {
            if (node.Task.OnComplete is { } onComplete)
            {
                CheckSpec(context, onComplete, $"{node.Path}.on_complete.notify");
            }

            if (node.Task.OnError?.Notify is { } onError)
            {
                CheckSpec(context, onError, $"{node.Path}.on_error.notify");
            }
        }
    }

    private static void CheckSpec(ValidationContext context, NotificationSpec spec, string path)
    {
        if (string.IsNullOrWhiteSpace(spec.Message))
        {
            context.Report.Error(
                ValidationCodes.NotificationMessageBlank,
                spec.Channels is null ? path : $"{path}.message",
                "The message of the notification is empty.",
                "Write the text that is to be sent.");
        }

        if (spec.Channels is { Count: 0 })
        {
            context.Report.Error(
                ValidationCodes.NotificationWithoutChannels,
                path,
                "The notification names no channels.",
                "Add 'channels', or write the message alone to use the default channels.");
        }

        foreach (var key in spec.Metadata.Keys.Where(string.IsNullOrWhiteSpace))
        {
            context.Report.Error(
                ValidationCodes.NotificationMetadataKeyBlank,
                $"{path}.metadata.{key}",
                "A key of the notification's metadata is empty.",
                "Give it a name.");
        }

        CheckChannels(context, spec.Channels ?? [], $"{path}.channels");
    }

    private static void CheckChannels(ValidationContext context, IReadOnlyList<NotificationChannel> channels, string path)
    {
        for (var i = 0; i < channels.Count; i++)
        {
            CheckChannel(context, channels[i], $"{path}[{i}]");
        }
    }

    private static void CheckChannel(ValidationContext context, NotificationChannel channel, string path)
    {
        switch (channel)
        {
            case NotificationChannel.File file:
                CheckFile(context.Report, file, path);
                break;
            case NotificationChannel.Ntfy ntfy:
                CheckNtfy(context.Report, ntfy, path);
                break;
            case NotificationChannel.Slack slack:
                CheckSlack(context, slack, path);
                break;
            case NotificationChannel.Discord discord:
                DiscordRules.Check(context, discord, path);
                break;
            case NotificationChannel.Email email:
                EmailRules.Check(context, email, path);
                break;
            case NotificationChannel.Teams teams:
                CheckTeams(context, teams, path);
                break;
            case NotificationChannel.Telegram telegram:
                CheckTelegram(context, telegram, path);
                break;
            case NotificationChannel.PagerDuty pagerDuty:
                SecretRules.CheckField(context, $"{path}.integration_key", pagerDuty.IntegrationKey);
                break;
            case NotificationChannel.Webhook webhook:
                WebhookRules.Check(context, webhook, path);
                break;
        }
    }

    private static void CheckFile(ValidationReport report, NotificationChannel.File file, string path)
    {
        if (string.IsNullOrWhiteSpace(file.Path))
        {
            report.Error(ValidationCodes.FileChannelPathBlank, $"{path}.path", "The path of the file channel is empty.", "Name a file.");
        }
        else if (file.Path.StartsWith('/') || file.Path is [_, ':', '\\' or '/', ..])
        {
            report.Warning(
                ValidationCodes.FileChannelPathAbsolute,
                $"{path}.path",
                $"The file channel writes to '{file.Path}', an absolute path that other machines may not have.",
                "Use a relative path.");
        }
    }

    private static void CheckNtfy(ValidationReport report, NotificationChannel.Ntfy ntfy, string path)
    {
        const int MostTags = 10;
        WebAddress.Check(report, ValidationCodes.NtfyServerScheme, $"{path}.server", ntfy.Server, "The ntfy server");
        if (string.IsNullOrWhiteSpace(ntfy.Topic))
        {
            report.Error(ValidationCodes.NtfyTopicBlank, $"{path}.topic", "The ntfy topic is empty.", "Name a topic.");
        }

        if (ntfy.Priority is < 1 or > 5)
        {
            report.Error(
                ValidationCodes.NtfyPriorityRange,
                $"{path}.priority",
                $"The ntfy priority is {ntfy.Priority}.",
                "Give a number from 1 (lowest) to 5.");
        }

        if (ntfy.Tags.Count > MostTags)
        {
            report.Warning(
                ValidationCodes.NtfyManyTags, $"{path}.tags", $"The ntfy channel has {ntfy.Tags.Count} tags.", $"Keep up to {MostTags}.");
        }
    }

    private static void CheckSlack(ValidationContext context, NotificationChannel.Slack slack, string path)
    {
        SecretRules.CheckField(context, $"{path}.credential", slack.Credential);

        // An empty channel is none at all: a webhook needs none.
        if (slack.Channel.Length > 0 && slack.Channel[0] is not ('#' or '@') && !WebAddress.StartsWithReference(slack.Channel))
        {
            context.Report.Warning(
                ValidationCodes.SlackChannelPrefix,
                $"{path}.channel",
                $"The Slack channel is '{slack.Channel}'.",
                $"Write '#{slack.Channel}' for a channel or '@{slack.Channel}' for a person.");
        }
    }

    private static void CheckTeams(ValidationContext context, NotificationChannel.Teams teams, string path)
    {
        var at = $"{path}.webhook_url";
        if (!SecretRules.Contains(teams.WebhookUrl))
        {
            WebAddress.Check(context.Report, ValidationCodes.TeamsUrlScheme, at, teams.WebhookUrl, "The Teams webhook");
        }

        SecretRules.CheckField(context, at, teams.WebhookUrl);
        if (teams.ThemeColor is { Length: > 0 } color && color[0] != '#')
        {
            context.Report.Warning(
                ValidationCodes.TeamsColorPrefix, $"{path}.theme_color", $"The Teams colour is '{color}'.", "Write it as #RRGGBB.");
        }
    }

    private static void CheckTelegram(ValidationContext context, NotificationChannel.Telegram telegram, string path)
    {
        SecretRules.CheckField(context, $"{path}.bot_token", telegram.BotToken);
        if (string.IsNullOrWhiteSpace(telegram.ChatId))
        {
            context.Report.Error(
                ValidationCodes.TelegramChatBlank, $"{path}.chat_id", "The Telegram chat is empty.", "Give the id of a chat, in quotes.");
        }
    }
}
