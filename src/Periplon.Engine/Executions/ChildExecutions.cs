using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Engine.Storage;
using Periplon.Engine.Workflows;

namespace Periplon.Engine.Executions;

/// <summary>
/// Carries what parent and child executions have to tell each other. Outside grains, so that no grain waits for another; each message is
/// repeated a few times, and then beside the others; what is lost all the same is found when the parent is next looked at.
/// </summary>
internal sealed partial class ChildExecutions
{
    private const int MaxTries = 5;

    // Messages about one child keep their order; so many children are dealt with at the same time.
    private const int Lanes = 16;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly IGrainFactory _grains;
    private readonly WorkflowCatalog _catalog;
    private readonly IExecutionQueries _queries;
    private readonly TimeProvider _time;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly LateMessages _late;
    private readonly ILogger<ChildExecutions> _logger;
    private readonly ChannelWriter<Message>[] _lanes;
    private readonly ConcurrentDictionary<Guid, bool> _starting = new();

    public ChildExecutions(
        IGrainFactory grains, WorkflowCatalog catalog, IExecutionQueries queries, TimeProvider time, IHostApplicationLifetime lifetime,
        LateMessages late, ILogger<ChildExecutions> logger)
    {
        (_grains, _catalog, _queries, _time, _lifetime, _late, _logger) = (grains, catalog, queries, time, lifetime, late, logger);
        _lanes = [.. Enumerable.Range(0, Lanes).Select(_ => StartLane())];
    }

    /// <summary>Starts the child that a task waits for, or finds out how it ended if it was started before.</summary>
    public void Start(ExecutionState parent, string task)
    {
        var created = parent.Created;
        var wait = parent.Find(task)!.Wait!;
        var child = wait.Child!.Value;

        // Whoever looks again before the first message has got through adds nothing.
        if (_starting.TryAdd(child, true))
        {
            Send(
                child, $"start of child {child} of task {task}",
                () => OrByRowAsync(created, task, child, () => StartAsync(created, task, wait)),
                () => _starting.TryRemove(child, out _));
        }
    }

    /// <summary>Asks for the end of a child. One that never came into being has ended with that.</summary>
    public void Cancel(ExecutionState parent, string task, Guid child, string reason)
    {
        var created = parent.Created;
        var kill = parent.IsKilled;
        Send(child, $"cancel of child {child}", () => OrByRowAsync(created, task, child, async () =>
        {
            var request = new ControlRequest(created.Organization, null, reason) { Kill = kill };
            if (await Execution(child).CancelAsync(request, CancellationToken.None) is ControlStatus.NotFound)
            {
                await EndAsync(created, task, child, ExecutionStatus.Cancelled.ToWord(), reason, default);
            }
        }));
    }

    /// <summary>Tells the parent of an execution how it ended.</summary>
    public void TellParent(ExecutionState child)
    {
        var created = child.Created;
        var outputs = child.Outputs is { } values
            ? JsonSerializer.SerializeToUtf8Bytes(values, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement)
            : default;
        var report = new ChildReport
        {
            Task = created.ParentTask!, Child = created.ExecutionId, Status = child.Status.ToWord(), Error = child.Error, Outputs = outputs,
        };
        Send(
            created.ExecutionId, $"end of child {created.ExecutionId}",
            () => Execution(created.ParentExecutionId!.Value).EndChildAsync(report, CancellationToken.None));
    }

    // What can be loaded no more and was ended by a repair has its row to tell of that.
    private async Task OrByRowAsync(ExecutionCreated parent, string task, Guid child, Func<Task> ask)
    {
        try
        {
            await ask();
        }
        catch (Exception)
        {
            if (await _queries.FindAsync(parent.Organization, child, CancellationToken.None) is not { Status: ExecutionStatus.Failed } row)
            {
                throw;
            }

            await EndAsync(parent, task, child, row.Status.ToWord(), row.Error, default);
        }
    }

    /// <summary>Asks the parent of an execution that has come into memory whether it waits for it; if not, the execution is
    /// cancelled.</summary>
    public void AskParent(ExecutionCreated child) => Send(child.ExecutionId, $"question of child {child.ExecutionId} to its parent", async () =>
    {
        var parent = Execution(child.ParentExecutionId!.Value);
        if (!await parent.WaitsForChildAsync(child.ParentTask!, child.ExecutionId, CancellationToken.None))
        {
            var reason = $"execution {child.ParentExecutionId} does not wait for it any more";
            await Execution(child.ExecutionId).CancelAsync(new ControlRequest(child.Organization, null, reason), CancellationToken.None);
        }
    });

    private IExecutionGrain Execution(Guid id) => _grains.GetGrain<IExecutionGrain>(id.ToString("D"));

    private async Task StartAsync(ExecutionCreated parent, string task, TaskWait wait)
    {
        var child = wait.Child!.Value;
        var entry = await _catalog.FindAsync(parent.WorkflowId, parent.Revision, CancellationToken.None)
            ?? throw new InvalidOperationException($"Revision {parent.Revision} of workflow {parent.WorkflowId} is not stored");
        var (request, problem) = ChildStarts.Of(entry.Bundle.Plans, parent, task, wait);
        if (request is null)
        {
            // One that began on the revision before its parent was moved goes on as it began.
            var begun = await Execution(child).DescribeAsync(CancellationToken.None);
            if (begun is not { IsTerminal: false })
            {
                await EndAsync(
                    parent, task, child, begun?.Status ?? ExecutionStatus.Failed.ToWord(), begun is null ? problem : begun.Error,
                    begun?.Outputs ?? default);
            }

            return;
        }

        if (await Execution(child).CreateAsync(request, CancellationToken.None) is not StartStatus.Started
            && await Execution(child).DescribeAsync(CancellationToken.None) is { IsTerminal: true } ended)
        {
            await EndAsync(parent, task, child, ended.Status, ended.Error, ended.Outputs);
        }
    }

    private Task<bool> EndAsync(
        ExecutionCreated parent, string task, Guid child, string status, string? error, ReadOnlyMemory<byte> outputs) =>
        Execution(parent.ExecutionId).EndChildAsync(
            new ChildReport { Task = task, Child = child, Status = status, Error = error, Outputs = outputs }, CancellationToken.None);

    private void Send(Guid child, string what, Func<Task> send, Action? done = null) =>
        _lanes[(uint)child.GetHashCode() % Lanes].TryWrite(new Message(what, send, done));

    private ChannelWriter<Message> StartLane()
    {
        var channel = Channel.CreateUnbounded<Message>(new UnboundedChannelOptions { SingleReader = true });
        _ = Task.Run(() => SendAllAsync(channel.Reader));
        return channel.Writer;
    }

    private async Task SendAllAsync(ChannelReader<Message> messages)
    {
        await foreach (var message in messages.ReadAllAsync())
        {
            await SendAsync(message);
            message.Done?.Invoke();
        }
    }

    private async Task SendAsync(Message message)
    {
        for (var tries = 1; tries <= MaxTries && !_lifetime.ApplicationStopping.IsCancellationRequested; tries++)
        {
            try
            {
                await message.Send();
                return;
            }
            catch (Exception e)
            {
                LogRetried(e, message.What, tries);
                await Task.Delay(RetryDelay * tries, _time, CancellationToken.None);
            }
        }

        LogGivenUp(message.What);
        _ = _late.TryAsync(message.Send);
    }

    private sealed record Message(string What, Func<Task> Send, Action? Done);

    [LoggerMessage(LogLevel.Debug, "The {What} could not be told at try {Try}")]
    private partial void LogRetried(Exception exception, string what, int @try);

    [LoggerMessage(LogLevel.Warning, "The {What} could not be told; it is tried again later, and the sweep finds what it was about")]
    private partial void LogGivenUp(string what);
}
