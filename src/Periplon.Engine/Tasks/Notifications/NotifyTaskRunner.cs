using System.Text;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tasks.Notifications;

/// <summary>
/// Sends a message through its channels, one after another; each is tried, whatever became of the ones before. A message that names no
/// channel takes the workflow's default channels, else the console.
/// </summary>
internal sealed class NotifyTaskRunner(FileNotifier files, TaskOptions options, IArtifactStore artifacts, TimeProvider time) : ITaskRunner
{
    public TaskKind Kind => TaskKind.Notify;

    public Task<TaskOutcome> RunAsync(TaskContext context, CancellationToken cancellationToken) =>
        ExpectedFailures.CatchAsync(() => SendInTimeAsync(context, cancellationToken), cancellationToken);

    private async Task<TaskOutcome> SendInTimeAsync(TaskContext context, CancellationToken cancellationToken)
    {
        using var deadline = TimeLimit.Start(context.Timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await SendAsync(context, stop.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return TaskOutcome.TimedOut(context.Timeout!.Value);
        }
    }

    private async Task<TaskOutcome> SendAsync(TaskContext context, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var spec = context.Task.Notify!;
        var notification = Notification.Fill(spec, context, time.GetUtcNow());
        var channels = spec.Channels is { Count: > 0 } own ? own
            : context.Workflow.Notifications is { DefaultChannels: { Count: > 0 } defaults } ? defaults
            : [new NotificationChannel.Console()];
        List<string> problems = [];
        foreach (var channel in channels)
        {
            if (await SendAsync(channel, notification, context, cancellationToken) is { } problem)
            {
                problems.Add(problem);
                context.Log.Write("engine", context.Texts.Mask($"Not delivered: {problem}"));
            }
        }

        using var capture = new OutputCapture(context, options, artifacts);
        var text = capture.OpenSilent(context.Limits.MaxStdoutBytes);
        text.Append(Encoding.UTF8.GetBytes(notification.Message));
        var output = await capture.CompleteAsync([text], code: null, store: true, cancellationToken);
        return problems.Count is 0 ? output.Completed() : TaskOutcome.Failed(
            FailureKinds.Notification,
            $"{problems.Count} of {channels.Count} channels did not take the notification: {string.Join("; ", problems)}",
            output.Output);
    }

    private async Task<string?> SendAsync(
        NotificationChannel channel, Notification notification, TaskContext context, CancellationToken cancellationToken)
    {
        switch (channel)
        {
            case NotificationChannel.Console console:
                foreach (var line in notification.ToLines(console.Timestamp, console.Colored && options.ColoredConsole))
                {
                    context.Log.Announce(context.Texts.Mask(line));
                }

                return null;
            case NotificationChannel.File file:
                return await files.SendAsync(file, notification, context, cancellationToken);
            default:
                return $"channels of the kind {channel.GetType().Name} are not run by this version";
        }
    }
}
