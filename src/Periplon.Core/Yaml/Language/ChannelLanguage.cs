using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>Where notifications go (reference §14.3).</summary>
internal static class ChannelLanguage
{
    internal static readonly Shape<NotificationChannel> Channel = new UnionShape<NotificationChannel>("NotificationChannel", "type",
        ("console", f => new NotificationChannel.Console(
            f.Or("colored", Scalars.Bool, true, "Whether colours are used."),
            f.Or("timestamp", Scalars.Bool, true, "Whether the time is shown."))),
        ("file", f => new NotificationChannel.File(
            f.Required("path", Scalars.Text, "Path, may hold references."),
            f.Or("append", Scalars.Bool, true, "Whether the file grows."),
            f.Or("timestamp", Scalars.Bool, true, "Whether the time is written."),
            f.Or("format", Choice.Of("text", "json", "jsonlines"), "text", "Format of a line."))),
        ("ntfy", Ntfy),
        ("slack", f => new NotificationChannel.Slack
        {
            Credential = f.Required("credential", Scalars.Text, "Webhook address or bot token.", "webhook_url"),
            Channel = f.Or("channel", Scalars.Text, "", "Channel."),
            Method = f.Or("method", Choice.Of("webhook", "bot"), "webhook", "How the message is sent."),
            Attachments = f.List("attachments", SlackAttachment!, "Attachments."),
        }),
        ("discord", f => new NotificationChannel.Discord
        {
            WebhookUrl = f.Required("webhook_url", Scalars.Text, "Webhook address."),
            Username = f.Text("username", "Name shown."),
            AvatarUrl = f.Text("avatar_url", "Picture shown."),
            Tts = f.Or("tts", Scalars.Bool, false, "Whether it is read aloud."),
            Embed = f.Optional("embed", DiscordEmbed!, "Embedded card."),
        }),
        ("email", f => new NotificationChannel.Email
        {
            To = f.Required("to", new ListShape<string>(Scalars.Text), "Recipients."),
            Cc = f.List("cc", Scalars.Text, "Copies."),
            Bcc = f.List("bcc", Scalars.Text, "Blind copies."),
            Subject = f.Text("subject", "Subject."),
            Smtp = f.Required("smtp", Smtp!, "Mail server."),
        }),
        ("teams", f => new NotificationChannel.Teams
        {
            WebhookUrl = f.Required("webhook_url", Scalars.Text, "Webhook address."),
            ThemeColor = f.Text("theme_color", "Colour, #RRGGBB."),
            Facts = f.List("facts", Fact!, "Titles and values."),
        }),
        ("telegram", f => new NotificationChannel.Telegram
        {
            BotToken = f.Required("bot_token", Scalars.Text, "Bot token."),
            ChatId = f.Required("chat_id", Scalars.Text, "Chat."),
            ParseMode = f.Or("parse_mode", Choice.Of("Markdown", "Html", "None"), "Markdown", "How the text is formatted."),
            DisablePreview = f.Or("disable_preview", Scalars.Bool, false, "Whether link previews are left out."),
            Silent = f.Or("silent", Scalars.Bool, false, "Whether it arrives without sound."),
        }),
        ("pager_duty", f => new NotificationChannel.PagerDuty
        {
            IntegrationKey = f.Required("integration_key", Scalars.Text, "Integration key."),
            Action = f.Required("action", Choice.Of("trigger", "acknowledge", "resolve"), "What happens to the incident."),
            Severity = f.Or("severity", Choice.Of("critical", "error", "warning", "info"), "error", "How bad it is."),
            DedupKey = f.Text("dedup_key", "Key by which incidents are merged."),
            CustomDetails = f.OptionalValue("custom_details", JsonShape.Any, "Further values."),
        }),
        ("webhook", f => new NotificationChannel.Webhook
        {
            Url = f.Required("url", Scalars.Text, "Address."),
            Method = f.Or("method", HttpLanguage.Verb, HttpVerb.Post, "Method."),
            Headers = f.Map("headers", Scalars.Text, "Request headers."),
            Auth = f.Optional("auth", HttpLanguage.Auth, "Authentication."),
            BodyTemplate = f.Text("body_template", "Body; may hold references."),
            TimeoutSecs = f.Seconds("timeout_secs", "Longest time of a request, in seconds.", "timeout"),
            Retry = f.Optional("retry", WebhookRetry!, "Repeated delivery."),
        }));

    private static readonly Shape<NotificationField> SlackField =
        new StructShape<NotificationField>("SlackField", f => new NotificationField(
        f.Required("title", Scalars.Text, "Title."),
        f.Required("value", Scalars.Text, "Value."),
        f.Or("short", Scalars.Bool, false, "Whether it may stand beside others.")));

    private static readonly Shape<SlackAttachment> SlackAttachment =
        new StructShape<SlackAttachment>("SlackAttachment", f => new SlackAttachment(
        f.Required("text", Scalars.Text, "Text."),
        f.Text("color", "Colour."),
        f.List("fields", SlackField, "Titles and values.")));

    private static readonly Shape<NotificationField> DiscordField =
        new StructShape<NotificationField>("DiscordField", f => new NotificationField(
        f.Required("name", Scalars.Text, "Title."),
        f.Required("value", Scalars.Text, "Value."),
        f.Or("inline", Scalars.Bool, false, "Whether it may stand beside others.")));

    private static readonly Shape<DiscordEmbed> DiscordEmbed = new StructShape<DiscordEmbed>("DiscordEmbed", f => new DiscordEmbed
    {
        Title = f.Text("title", "Title."),
        Description = f.Text("description", "Text."),
        Color = f.OptionalValue("color", Scalars.Size, "Colour, up to 0xFFFFFF."),
        Fields = f.List("fields", DiscordField, "Titles and values."),
        Footer = f.Text("footer", "Footer."),
        Timestamp = f.Text("timestamp", "Time shown."),
    });

    private static readonly Shape<NotificationField> Fact = new StructShape<NotificationField>("TeamsFact", f => new NotificationField(
        f.Required("name", Scalars.Text, "Title."),
        f.Required("value", Scalars.Text, "Value.")));

    private static readonly Shape<SmtpDefinition> Smtp = new StructShape<SmtpDefinition>("Smtp", f => new SmtpDefinition(
        f.Required("host", Scalars.Text, "Host name."),
        f.Required("port", Scalars.Whole(0, 65_535), "Port."),
        f.Required("username", Scalars.Text, "User name."),
        f.Required("password", Scalars.Text, "Password."),
        f.Required("from", Scalars.Text, "Sender."),
        f.Or("use_tls", Scalars.Bool, true, "Whether the connection is encrypted.")));

    private static readonly Shape<WebhookRetry> WebhookRetry = new StructShape<WebhookRetry>("WebhookRetry", f => new WebhookRetry(
        f.Or("max_attempts", Scalars.Count, 3, "Attempts in all."),
        f.Or("delay_secs", Scalars.Duration, 1, "Seconds between them."),
        f.Or("exponential_backoff", Scalars.Bool, false, "Whether the delay doubles.")));

    private static NotificationChannel.Ntfy Ntfy(Fields f) => new()
    {
        Server = f.Or("server", Scalars.Text, "https://ntfy.sh", "Server."),
        Topic = f.Required("topic", Scalars.Text, "Topic."),
        Title = f.Text("title", "Title."),
        Priority = f.OptionalValue("priority", Scalars.Whole(0, 255), "Priority, 1 to 5."),
        Tags = f.List("tags", Scalars.Text, "Tags."),
        ClickUrl = f.Text("click_url", "Address opened by a click."),
        AttachUrl = f.Text("attach_url", "Address of an attachment."),
        Markdown = f.Or("markdown", Scalars.Bool, false, "Whether the message is Markdown."),
        AuthToken = f.Text("auth_token", "Access token."),
    };
}
