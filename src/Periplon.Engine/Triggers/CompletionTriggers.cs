using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Periplon.Core.Executions;
using Periplon.Engine.Executions;
using Periplon.Engine.Membership;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Triggers;

/// <summary>
/// Lets ended executions set triggers off. The silo on which an execution ended does it at once; the lowest live silo looks for what was
/// missed. Both may come to the same execution: the run's row decides.
/// </summary>
internal sealed partial class CompletionTriggers : BackgroundService
{
    private const int MaxWaiting = 10_000;
    private const int Parallelism = 8;
    private const int PurgeBatch = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ThoroughInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan KeepRuns = TimeSpan.FromDays(30);

    private readonly TriggerStore _triggers;
    private readonly TriggerRunStore _runs;
    private readonly IExecutionQueries _executions;
    private readonly CompletionStarts _starts;
    private readonly CompletionScan _scan;
    private readonly PendingRuns _pending;
    private readonly IClusterMembershipService _membership;
    private readonly ILocalSiloDetails _local;
    private readonly TimeProvider _time;
    private readonly ILogger<CompletionTriggers> _logger;

    // What does not fit is found by the look, a few seconds later.
    private readonly Channel<(string Organization, Guid Id)> _ended = Channel.CreateBounded<(string, Guid)>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Pulse _pulse;
    private ILookup<Guid, TriggerRow> _watching = Array.Empty<TriggerRow>().ToLookup(row => row.Id);
    private DateTimeOffset _thoroughAt;
    private DateTimeOffset _purgeAt;

    public CompletionTriggers(
        TriggerStore triggers, TriggerRunStore runs, IExecutionQueries executions, CompletionStarts starts, CompletionScan scan,
        PendingRuns pending, Pulse pulse, ExecutionSignals signals, IClusterMembershipService membership, ILocalSiloDetails local, TimeProvider time,
        ILogger<CompletionTriggers> logger)
    {
        (_triggers, _runs, _executions, _starts, _scan, _pending, _pulse) = (triggers, runs, executions, starts, scan, pending, pulse);
        (_membership, _local, _time, _logger) = (membership, local, time, logger);
        signals.ExecutionEnded += OnEnded;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(LookAsync(stoppingToken), ResumeAsync(stoppingToken), HandleEndedAsync(stoppingToken));

    /// <summary>One round: learns which workflows are watched, and on the lowest live silo looks for what was missed.</summary>
    internal async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var reading = await _pulse.ReadAsync(cancellationToken);
        var watching = reading.HasTriggers ? await _triggers.ListWatchingAsync(cancellationToken) : [];
        _watching = watching.ToLookup(trigger => trigger.Definition.After!.WorkflowId);
        if (!IsLeader())
        {
            // Whoever leads next begins with a thorough look.
            _thoroughAt = default;
            return 0;
        }

        var now = _time.GetUtcNow();
        int count;
        if (now >= _thoroughAt)
        {
            count = await _scan.ThoroughAsync(watching, cancellationToken);
            _thoroughAt = now + ThoroughInterval;
        }
        else
        {
            count = await _scan.QuickAsync(watching, cancellationToken);
        }

        if (now >= _purgeAt)
        {
            while (await _runs.PurgeAsync(now - KeepRuns, PurgeBatch, cancellationToken) == PurgeBatch)
            {
            }

            _purgeAt = now + PurgeInterval;
        }

        return count;
    }

    private void OnEnded(ExecutionState state)
    {
        if (state.Created.TriggerType != TriggerTypes.Subflow && _watching.Contains(state.Created.WorkflowId))
        {
            _ended.Writer.TryWrite((state.Created.Organization, state.Created.ExecutionId));
        }
    }

    private Task LookAsync(CancellationToken stoppingToken) => RepeatAsync(RunOnceAsync, stoppingToken);

    // Beside the looks: what does not answer must not hold up what nobody has taken on yet.
    private Task ResumeAsync(CancellationToken stoppingToken) => RepeatAsync(
        async token => IsLeader() && (await _pulse.ReadAsync(token)).HasTriggerRuns ? await _pending.RunOnceAsync(token) : 0, stoppingToken);

    private async Task RepeatAsync(Func<CancellationToken, Task<int>> round, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            try
            {
                if (await round(stoppingToken) is > 0 and var found)
                {
                    LogFound(found);
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogLookFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private Task HandleEndedAsync(CancellationToken stoppingToken) => Parallel.ForEachAsync(
        _ended.Reader.ReadAllAsync(stoppingToken),
        new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = stoppingToken },
        async (ended, token) =>
        {
            try
            {
                if (await _executions.FindAsync(ended.Organization, ended.Id, token) is { } row)
                {
                    foreach (var trigger in _watching[row.WorkflowId])
                    {
                        await _starts.HandleAsync(trigger, row, token);
                    }
                }
            }
            catch (Exception exception) when (!token.IsCancellationRequested)
            {
                LogHandlingFailed(exception, ended.Id);
            }
        });

    private bool IsLeader() => _membership.CurrentSnapshot.IsLedBy(_local.SiloAddress);

    [LoggerMessage(LogLevel.Information, "{Count} ended executions or deliveries were left to triggers and have been dealt with")]
    private partial void LogFound(int count);

    [LoggerMessage(LogLevel.Warning, "The look for ended executions that triggers wait for failed and is repeated")]
    private partial void LogLookFailed(Exception exception);

    [LoggerMessage(LogLevel.Warning, "What follows from the end of execution {ExecutionId} could not be started; it is tried again")]
    private partial void LogHandlingFailed(Exception exception, Guid executionId);
}
