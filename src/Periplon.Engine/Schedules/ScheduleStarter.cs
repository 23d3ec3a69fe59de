using System.Text;
using Microsoft.Extensions.Logging;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Schedules;
using Periplon.Engine.Executions;

namespace Periplon.Engine.Schedules;

/// <summary>Starts and cancels executions for schedules.</summary>
internal interface IScheduleStarter
{
    /// <summary>Starts the execution of a run; the same run again changes nothing.</summary>
    Task<RunStart> StartAsync(ScheduleRow schedule, ScheduleRun run, CancellationToken cancellationToken);

    /// <summary>Cancels an execution for a newer run of its schedule; false when nobody answered.</summary>
    Task<bool> CancelAsync(ScheduleRow schedule, Guid executionId, CancellationToken cancellationToken);
}

/// <summary>How a start was answered.</summary>
internal readonly record struct RunStart
{
    /// <summary>Whether the execution exists.</summary>
    public bool IsStarted { get; private init; }

    /// <summary>Why it was refused; null when it was not.</summary>
    public string? Refusal { get; private init; }

    /// <summary>Why nobody answered, where that is known.</summary>
    public string? Trouble { get; private init; }

    public static RunStart Started { get; } = new() { IsStarted = true };

    /// <summary>Nobody answered: it may exist or not, and is asked for again.</summary>
    public static RunStart Unanswered { get; }

    public static RunStart Silent(string trouble) => new() { Trouble = trouble };

    public static RunStart Refused(string reason) => new() { Refusal = reason };
}

/// <summary>The same through the grains of workflows and executions.</summary>
internal sealed partial class ScheduleStarter(IGrainFactory grains, TimeProvider time, ILogger<ScheduleStarter> logger) : IScheduleStarter
{
    private const int MaxRefusal = 500;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan[] _pauses = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1.5)];

    public async Task<RunStart> StartAsync(ScheduleRow schedule, ScheduleRun run, CancellationToken cancellationToken)
    {
        var request = new StartExecution
        {
            ExecutionId = run.ExecutionId!.Value,
            Organization = schedule.Organization,
            Inputs = Encoding.UTF8.GetBytes(schedule.Inputs),
            Priority = run.Priority,
            TriggerType = TriggerTypeOf(run.Kind),
            TriggeredBy = $"schedule:{schedule.Id:D}",
            Labels = LabelsOf(schedule, run.Tick),
        };
        var workflow = grains.GetGrain<IWorkflowGrain>(schedule.WorkflowId.ToString("D"));
        var (answer, trouble) = await RepeatAsync(() => workflow.StartAsync(request, cancellationToken), schedule.Id, cancellationToken);
        return answer is null ? RunStart.Silent(Shorten(trouble)) : AnswerOf(answer, schedule.WorkflowId);
    }

    /// <summary>What the answer of a workflow means for the run.</summary>
    public static RunStart AnswerOf(StartResult answer, Guid workflow) => answer.Status switch
    {
        // Nobody else makes this id: a conflict is our own start, made before the schedule's inputs were changed.
        StartStatus.Started or StartStatus.AlreadyStarted or StartStatus.Conflict => RunStart.Started,
        StartStatus.WorkflowNotFound => RunStart.Refused($"there is no workflow '{workflow:D}'"),
        StartStatus.WorkflowInactive => RunStart.Refused("the workflow is not active"),
        StartStatus.InvalidInputs => RunStart.Refused(Shorten("the inputs are wrong: ", answer)),
        _ => RunStart.Refused(Shorten("the workflow cannot be run: ", answer)),
    };

    public async Task<bool> CancelAsync(ScheduleRow schedule, Guid executionId, CancellationToken cancellationToken)
    {
        var execution = grains.GetGrain<IExecutionGrain>(executionId.ToString("D"));
        var request = new ControlRequest(schedule.Organization, $"schedule:{schedule.Id:D}", "a newer run of its schedule starts");
        var (answer, _) = await RepeatAsync(
            async () => (object)await execution.CancelAsync(request, cancellationToken), schedule.Id, cancellationToken);
        return answer is not null;
    }

    /// <summary>The word that says in lists what started an execution.</summary>
    public static string TriggerTypeOf(RunKind kind) => kind switch
    {
        RunKind.Manual => TriggerTypes.ScheduledManual,
        RunKind.Backfill => TriggerTypes.ScheduleBackfill,
        _ => TriggerTypes.Schedule,
    };

    public static Dictionary<string, string> LabelsOf(ScheduleRow schedule, DateTimeOffset tick) => new()
    {
        [ScheduleLabels.ScheduleId] = schedule.Id.ToString("D"), [ScheduleLabels.ScheduledAt] = ScheduleLabels.Text(tick),
    };

    private async Task<(T? Answer, string Trouble)> RepeatAsync<T>(Func<Task<T>> call, Guid schedule, CancellationToken cancellationToken)
        where T : class
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return (await call().WaitAsync(_patience, time, cancellationToken), "");
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                if (attempt == _pauses.Length)
                {
                    LogUnanswered(e, schedule);
                    return (null, e is TimeoutException
                        ? $"the workflow did not answer within {_patience.TotalSeconds} seconds"
                        : $"the workflow could not answer: {e.Message}");
                }

                await Task.Delay(_pauses[attempt], time, cancellationToken);
            }
        }
    }

    private static string Shorten(string start, StartResult result)
    {
        var text = start + string.Join("; ", result.Problems.Take(5).Select(problem => $"{problem.Path}: {problem.Message}"));
        return Shorten(text);
    }

    private static string Shorten(string text) => text.Length <= MaxRefusal ? text : text[..MaxRefusal] + "…";

    [LoggerMessage(LogLevel.Warning, "Schedule {ScheduleId}: a start or cancel was not answered; the sweep repeats it")]
    private partial void LogUnanswered(Exception exception, Guid scheduleId);
}
