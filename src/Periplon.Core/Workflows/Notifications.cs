using System.Text.Json;

namespace Periplon.Core.Workflows;

/// <summary>Workflow-level notifications (reference §14.1).</summary>
public sealed record NotificationDefaults
{
    /// <summary>Channels of notifications that name none.</summary>
    public IReadOnlyList<NotificationChannel> DefaultChannels { get; init; } = [];
    /// <summary>Whether the start is announced. Default: false.</summary>
    public bool NotifyOnStart { get; init; }
    /// <summary>Whether each completed task is announced. Default: false.</summary>
    public bool NotifyOnCompletion { get; init; }
    /// <summary>Whether each failed task is announced. Default: true.</summary>
    public bool NotifyOnFailure { get; init; } = true;
    /// <summary>Whether the end of the workflow is announced. Default: true.</summary>
    public bool NotifyOnWorkflowCompletion { get; init; } = true;
}

/// <summary>A notification: a text, or a text with channels (reference §14.2).</summary>
public sealed record NotificationSpec
{
    /// <summary>The text; may hold references.</summary>
    public required string Message { get; init; }
    /// <summary>Channels; null when the file gives only a text.</summary>
    public IReadOnlyList<NotificationChannel>? Channels { get; init; }
    /// <summary>Title.</summary>
    public string? Title { get; init; }
    /// <summary><c>low</c>, <c>normal</c>, <c>high</c> or <c>critical</c>.</summary>
    public string? Priority { get; init; }
    /// <summary>Further values by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Map<string>.Empty;
}

/// <summary>A title and a value, in Discord, Slack and Teams messages.</summary>
/// <param name="Name">Title.</param>
/// <param name="Value">Value.</param>
/// <param name="Inline">Whether it may stand beside others. Default: false.</param>
public sealed record NotificationField(string Name, string Value, bool Inline = false);

/// <summary>Where a notification goes (reference §14.3).</summary>
public abstract record NotificationChannel
{
    private NotificationChannel() { }

    /// <summary>The program's own output.</summary>
    /// <param name="Colored">Whether colours are used. Default: true.</param>
    /// <param name="Timestamp">Whether the time is shown. Default: true.</param>
    public sealed record Console(bool Colored = true, bool Timestamp = true) : NotificationChannel;

    /// <summary>A file.</summary>
    /// <param name="Path">Path, may hold references.</param>
    /// <param name="Append">Whether it grows. Default: true.</param>
    /// <param name="Timestamp">Whether the time is written. Default: true.</param>
    /// <param name="Format"><c>text</c>, <c>json</c> or <c>jsonlines</c>. Default: <c>text</c>.</param>
    public sealed record File(string Path, bool Append = true, bool Timestamp = true, string Format = "text") : NotificationChannel;

    /// <summary>An ntfy server.</summary>
    public sealed record Ntfy : NotificationChannel
    {
        /// <summary>Server. Default: <c>https://ntfy.sh</c>.</summary>
        public string Server { get; init; } = "https://ntfy.sh";
        /// <summary>Topic.</summary>
        public required string Topic { get; init; }
        /// <summary>Title.</summary>
        public string? Title { get; init; }
        /// <summary>Priority, 1 to 5.</summary>
        public int? Priority { get; init; }
        /// <summary>Tags.</summary>
        public IReadOnlyList<string> Tags { get; init; } = [];
        /// <summary>Address opened by a click.</summary>
        public string? ClickUrl { get; init; }
        /// <summary>Address of an attachment.</summary>
        public string? AttachUrl { get; init; }
        /// <summary>Whether the message is Markdown. Default: false.</summary>
        public bool Markdown { get; init; }
        /// <summary>Access token.</summary>
        public string? AuthToken { get; init; }
    }

    /// <summary>Slack.</summary>
    public sealed record Slack : NotificationChannel
    {
        /// <summary>Webhook address or bot token.</summary>
        public required string Credential { get; init; }
        /// <summary>Channel.</summary>
        public string Channel { get; init; } = "";
        /// <summary><c>webhook</c> or <c>bot</c>. Default: <c>webhook</c>.</summary>
        public string Method { get; init; } = "webhook";
        /// <summary>Attachments.</summary>
        public IReadOnlyList<SlackAttachment> Attachments { get; init; } = [];
    }

    /// <summary>Discord.</summary>
    public sealed record Discord : NotificationChannel
    {
        /// <summary>Webhook address.</summary>
        public required string WebhookUrl { get; init; }
        /// <summary>Name shown.</summary>
        public string? Username { get; init; }
        /// <summary>Picture shown.</summary>
        public string? AvatarUrl { get; init; }
        /// <summary>Whether it is read aloud. Default: false.</summary>
        public bool Tts { get; init; }
        /// <summary>Embedded card.</summary>
        public DiscordEmbed? Embed { get; init; }
    }

    /// <summary>Mail.</summary>
    public sealed record Email : NotificationChannel
    {
        /// <summary>Recipients.</summary>
        public IReadOnlyList<string> To { get; init; } = [];
        /// <summary>Copies.</summary>
        public IReadOnlyList<string> Cc { get; init; } = [];
        /// <summary>Blind copies.</summary>
        public IReadOnlyList<string> Bcc { get; init; } = [];
        /// <summary>Subject.</summary>
        public string? Subject { get; init; }
        /// <summary>Mail server.</summary>
        public required SmtpDefinition Smtp { get; init; }
    }

    /// <summary>Microsoft Teams.</summary>
    public sealed record Teams : NotificationChannel
    {
        /// <summary>Webhook address.</summary>
        public required string WebhookUrl { get; init; }
        /// <summary>Colour, <c>#RRGGBB</c>.</summary>
        public string? ThemeColor { get; init; }
        /// <summary>Titles and values.</summary>
        public IReadOnlyList<NotificationField> Facts { get; init; } = [];
    }

    /// <summary>Telegram.</summary>
    public sealed record Telegram : NotificationChannel
    {
        /// <summary>Bot token.</summary>
        public required string BotToken { get; init; }
        /// <summary>Chat.</summary>
        public required string ChatId { get; init; }
        /// <summary><c>Markdown</c>, <c>Html</c> or <c>None</c>. Default: <c>Markdown</c>.</summary>
        public string ParseMode { get; init; } = "Markdown";
        /// <summary>Whether link previews are left out. Default: false.</summary>
        public bool DisablePreview { get; init; }
        /// <summary>Whether it arrives without sound. Default: false.</summary>
        public bool Silent { get; init; }
    }

    /// <summary>PagerDuty.</summary>
    public sealed record PagerDuty : NotificationChannel
    {
        /// <summary>Integration key.</summary>
        public required string IntegrationKey { get; init; }
        /// <summary><c>trigger</c>, <c>acknowledge</c> or <c>resolve</c>.</summary>
        public required string Action { get; init; }
        /// <summary><c>critical</c>, <c>error</c>, <c>warning</c> or <c>info</c>. Default: <c>error</c>.</summary>
        public string Severity { get; init; } = "error";
        /// <summary>Key by which incidents are merged.</summary>
        public string? DedupKey { get; init; }
        /// <summary>Further values.</summary>
        public JsonElement? CustomDetails { get; init; }
    }

    /// <summary>Any web server.</summary>
    public sealed record Webhook : NotificationChannel
    {
        /// <summary>Address.</summary>
        public required string Url { get; init; }
        /// <summary>Method. Default: POST.</summary>
        public HttpVerb Method { get; init; } = HttpVerb.Post;
        /// <summary>Request headers.</summary>
        public IReadOnlyDictionary<string, string> Headers { get; init; } = Map<string>.Empty;
        /// <summary>Authentication.</summary>
        public HttpAuth? Auth { get; init; }
        /// <summary>Body; may hold references.</summary>
        public string? BodyTemplate { get; init; }
        /// <summary>Longest time of a request, in seconds.</summary>
        public double? TimeoutSecs { get; init; }
        /// <summary>Repeated delivery.</summary>
        public WebhookRetry? Retry { get; init; }
    }
}

/// <summary>Repeated delivery of a webhook.</summary>
/// <param name="MaxAttempts">Attempts in all. Default: 3.</param>
/// <param name="DelaySecs">Seconds between them. Default: 1.</param>
/// <param name="ExponentialBackoff">Whether the delay doubles. Default: false.</param>
public sealed record WebhookRetry(int MaxAttempts = 3, double DelaySecs = 1, bool ExponentialBackoff = false);

/// <summary>A Slack attachment.</summary>
/// <param name="Text">Text.</param>
/// <param name="Color">Colour.</param>
/// <param name="Fields">Titles and values.</param>
public sealed record SlackAttachment(string Text, string? Color, IReadOnlyList<NotificationField> Fields);

/// <summary>A Discord card.</summary>
public sealed record DiscordEmbed
{
    /// <summary>Title.</summary>
    public string? Title { get; init; }
    /// <summary>Text.</summary>
    public string? Description { get; init; }
    /// <summary>Colour, up to 0xFFFFFF.</summary>
    public long? Color { get; init; }
    /// <summary>Titles and values.</summary>
    public IReadOnlyList<NotificationField> Fields { get; init; } = [];
    /// <summary>Footer.</summary>
    public string? Footer { get; init; }
    /// <summary>Time shown.</summary>
    public string? Timestamp { get; init; }
}

/// <summary>A mail server.</summary>
/// <param name="Host">Host name.</param>
/// <param name="Port">Port.</param>
/// <param name="Username">User name.</param>
/// <param name="Password">Password.</param>
/// <param name="From">Sender.</param>
/// <param name="UseTls">Whether the connection is encrypted. Default: true.</param>
public sealed record SmtpDefinition(string Host, int Port, string Username, string Password, string From, bool UseTls = true);
