using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>Notifications (reference §14).</summary>
internal static class NotificationLanguage
{
    /// <summary>A text, or a text with channels.</summary>
    internal static readonly Shape<NotificationSpec> Spec = new ByKindShape<NotificationSpec>(
        Scalars.Text.As(message => new NotificationSpec { Message = message }),
        null,
        new StructShape<NotificationSpec>("Notification", f => new NotificationSpec
        {
            Message = f.Required("message", Scalars.Text, "The text; may hold references."),
            Channels = f.List("channels", ChannelLanguage.Channel, "Where it goes."),
            Title = f.Text("title", "Title."),
            Priority = f.Optional("priority", Choice.Of("low", "normal", "high", "critical"), "Priority."),
            Metadata = f.Map("metadata", Scalars.Text, "Further values by name."),
        }));

    internal static readonly Shape<NotificationDefaults> Defaults =
        new StructShape<NotificationDefaults>("NotificationDefaults", f => new NotificationDefaults
    {
        DefaultChannels = f.List("default_channels", ChannelLanguage.Channel, "Channels of notifications that name none."),
        NotifyOnStart = f.Or("notify_on_start", Scalars.Bool, false, "Whether the start is announced."),
        NotifyOnCompletion = f.Or("notify_on_completion", Scalars.Bool, false, "Whether each completed task is announced."),
        NotifyOnFailure = f.Or("notify_on_failure", Scalars.Bool, true, "Whether each failed task is announced."),
        NotifyOnWorkflowCompletion =
            f.Or("notify_on_workflow_completion", Scalars.Bool, true, "Whether the end of the workflow is announced."),
    });

    /// <summary><c>on_complete</c>: a mapping with <c>notify</c>, or the notification's text.</summary>
    internal static readonly Shape<NotificationSpec?> OnComplete = new ByKindShape<NotificationSpec?>(
        Scalars.Text.As<NotificationSpec?>(message => new NotificationSpec { Message = message }),
        null,
        new StructShape<NotificationSpec?>("OnComplete", f => f.Optional("notify", Spec, "Notification on success.")));
}
