using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Executions;

/// <summary>
/// Carries what parent and child executions have to tell each other. Outside grains, so that no grain waits for another; each message is
/// repeated a few times, and what is lost all the same is found when the parent is next looked at.
/// </summary>
internal sealed partial class ChildExecutions(
    IGrainFactory grains, WorkflowCatalog catalog, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<ChildExecutions> logger)
{
    private const int MaxTries = 5;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>Starts the child that a task waits for, or finds out how it ended if it was started before.</summary>
    public void Start(ExecutionState parent, string task)
    {
        var created = parent.Created;
        var wait = parent.Find(task)!.Wait!;
        Send($"start of child {wait.Child} of task {task}", () => StartAsync(created, task, wait));
    }

    /// <summary>Asks for the end of a child.</summary>
    public void Cancel(Guid child, string organization, string reason, bool kill) =>
        Send($"cancel of child {child}", () => Execution(child).CancelAsync(
            new ControlRequest(organization, null, reason) { Kill = kill }, CancellationToken.None));

    /// <summary>Tells the parent of an execution how it ended.</summary>
    public void TellParent(ExecutionState child)
    {
        var created = child.Created;
        var report = new ChildReport
        {
            Task = created.ParentTask!,
            Child = created.ExecutionId,
            Status = child.Status.ToWord(),
            Error = child.Error,
            Outputs = child.Outputs is { } outputs
                ? JsonSerializer.SerializeToUtf8Bytes(outputs, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement)
                : default,
        };
        Send($"end of child {created.ExecutionId}", () => Execution(created.ParentExecutionId!.Value).EndChildAsync(report, CancellationToken.None));
    }

    private IExecutionGrain Execution(Guid id) => grains.GetGrain<IExecutionGrain>(id.ToString("D"));

    private async Task StartAsync(ExecutionCreated parent, string task, TaskWait wait)
    {
        var child = wait.Child!.Value;
        var entry = await catalog.FindAsync(parent.WorkflowId, parent.Revision, CancellationToken.None)
            ?? throw new InvalidOperationException($"Revision {parent.Revision} of workflow {parent.WorkflowId} is not stored");
        var (request, problem) = ChildStarts.Of(entry.Bundle.Plans, parent, task, wait);
        if (request is null)
        {
            await EndAsync(parent, task, child, ExecutionStatus.Failed.ToWord(), problem, default);
            return;
        }

        if (await Execution(child).CreateAsync(request, CancellationToken.None) is not StartStatus.Started
            && await Execution(child).DescribeAsync(CancellationToken.None) is { IsTerminal: true } ended)
        {
            await EndAsync(parent, task, child, ended.Status, ended.Error, ended.Outputs);
        }
    }

    private Task<bool> EndAsync(ExecutionCreated parent, string task, Guid child, string status, string? error, ReadOnlyMemory<byte> outputs) =>
        Execution(parent.ExecutionId).EndChildAsync(
            new ChildReport { Task = task, Child = child, Status = status, Error = error, Outputs = outputs }, CancellationToken.None);

    private void Send(string what, Func<Task> send) => _ = Task.Run(async () =>
    {
        for (var tries = 1; tries <= MaxTries && !lifetime.ApplicationStopping.IsCancellationRequested; tries++)
        {
            try
            {
                await send();
                return;
            }
            catch (Exception e)
            {
                LogRetried(e, what, tries);
                await Task.Delay(RetryDelay * tries, time, CancellationToken.None);
            }
        }
    });

    [LoggerMessage(LogLevel.Warning, "The {What} could not be told at try {Try}")]
    private partial void LogRetried(Exception exception, string what, int @try);
}
