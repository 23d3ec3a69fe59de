using Periplon.Core.Executions;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tasks.Processes;

/// <summary>What a script or command task starts.</summary>
internal sealed record ProcessPlan
{
    public required string Executable { get; init; }
    public required IReadOnlyList<string> Arguments { get; init; }
    public required string Directory { get; init; }
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public double? TimeoutSecs { get; init; }
    public bool CaptureStdout { get; init; } = true;
    public bool CaptureStderr { get; init; } = true;
    /// <summary>What to do when the program is missing.</summary>
    public string? Hint { get; init; }
}

/// <summary>An attempt that is a process: script and command tasks differ only in what they start.</summary>
internal sealed class ProcessAttempt(ProcessRunner processes, TaskOptions options, IArtifactStore artifacts)
{
    /// <summary>Runs one; <paramref name="plan"/> gives null and a failure when there is nothing to start.</summary>
    internal async Task<TaskOutcome> RunAsync(
        TaskContext context, Func<AttemptFiles, (ProcessPlan? Plan, TaskOutcome? Failure)> plan, CancellationToken cancellationToken)
    {
        using var capture = new OutputCapture(context, options, artifacts);
        var (planned, failure) = plan(capture.Files);
        if (planned is null)
        {
            return failure!;
        }

        var environment = TaskEnvironment.Build(context, options, planned.Environment, out var problem);
        if (environment is null)
        {
            return TaskOutcome.Failed(FailureKinds.Input, problem!);
        }

        var request = new ProcessRequest
        {
            Executable = planned.Executable,
            Arguments = planned.Arguments,
            Environment = environment,
            Directory = planned.Directory,
            Timeout = TimeLimit.Shorter(context.Timeout, planned.TimeoutSecs),
        };
        var stdout = capture.Open("stdout", context.Limits.MaxStdoutBytes, commands: true);
        var stderr = capture.Open("stderr", context.Limits.MaxStderrBytes);
        var end = await processes.RunAsync(request, stdout, stderr, cancellationToken);

        List<CapturedStream> included = [];
        if (planned.CaptureStdout)
        {
            included.Add(stdout);
        }

        if (planned.CaptureStderr)
        {
            included.Add(stderr);
        }

        var code = end switch
        {
            ProcessEnd.Exited exited => exited.Code,
            ProcessEnd.Signalled signalled => signalled.Code,
            _ => (int?)null,
        };
        var output = await capture.CompleteAsync(included, code, store: end is not ProcessEnd.Cancelled, cancellationToken);
        return Conclude(end, output, stderr, planned, context);
    }

    private static TaskOutcome Conclude(
        ProcessEnd end, CapturedOutput output, CapturedStream stderr, ProcessPlan plan, TaskContext context) => end switch
    {
        ProcessEnd.Exited { Code: 0 } => output.Completed(),
        ProcessEnd.Exited { Code: var code } => TaskOutcome.Failed(
            FailureKinds.ExitCode, WithLastLines($"'{plan.Executable}' ended with exit code {code}", stderr), output.Output, code),
        ProcessEnd.Signalled signalled => TaskOutcome.Failed(
            FailureKinds.Signal, WithLastLines($"'{plan.Executable}' was ended by {signalled.Signal}", stderr),
            output.Output, signalled.Code),
        ProcessEnd.TimedOut timedOut => TaskOutcome.TimedOut(timedOut.Limit, output.Output),
        ProcessEnd.Cancelled => TaskOutcome.Cancelled(output.Output),
        ProcessEnd.NotStarted notStarted => TaskOutcome.Failed(
            FailureKinds.Spawn, context.Texts.Mask(plan.Hint is null ? notStarted.Reason : $"{notStarted.Reason}. {plan.Hint}")),
        _ => throw new InvalidOperationException($"Unknown end {end}"),
    };

    private static string WithLastLines(string message, CapturedStream stderr)
    {
        var lines = stderr.LastLines();
        return lines.Length is 0 ? message : $"{message}: {lines}";
    }
}
