using Periplon.Engine.Artifacts;
using Periplon.Engine.Tasks.Outputs;
using Periplon.Engine.Tasks.Processes;

namespace Periplon.Engine.Tasks.Done;

/// <summary>Criteria that are commands: they run like command tasks, without a shell, in a process group of their own.</summary>
internal sealed class CommandCriteria(ProcessRunner processes, TaskOptions options, IArtifactStore artifacts)
{
    // Of each stream; what a failed test run says last is what matters.
    private const int ShownBytes = 4 * 1024;

    /// <summary>Runs a command. The problem is null when it ended with exit code 0.</summary>
    /// <exception cref="OperationCanceledException">The attempt is cancelled.</exception>
    internal async Task<(string? Problem, string? Details)> RunAsync(
        TaskContext context, string command, IReadOnlyList<string> arguments, string directory, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(directory))
        {
            return ($"its working directory {directory} does not exist", null);
        }

        var own = context.Task.Script?.Env ?? context.Task.Command?.Env ?? new Dictionary<string, string>();
        if (TaskEnvironment.Build(context, options, own, out var problem) is not { } environment)
        {
            return (problem, null);
        }

        using var capture = new OutputCapture(context, options, artifacts);
        capture.Say($"Checking: {string.Join(' ', arguments.Prepend(command))}");
        var stdout = capture.Open("stdout", ShownBytes);
        var stderr = capture.Open("stderr", ShownBytes);
        var request = new ProcessRequest
        {
            Executable = command,
            Arguments = arguments,
            Environment = environment,
            Directory = directory,
            Timeout = TimeLimit.Shorter(options.DoneCommandTimeout, context.Timeout?.TotalSeconds),
        };
        var end = await processes.RunAsync(request, stdout, stderr, cancellationToken);
        await capture.CompleteAsync([stdout, stderr], code: null, store: false, cancellationToken);
        return (end switch
        {
            ProcessEnd.Exited { Code: 0 } => null,
            ProcessEnd.Exited { Code: var code } => $"it ended with exit code {code}",
            ProcessEnd.Signalled signalled => $"it was ended by {signalled.Signal}",
            ProcessEnd.TimedOut timedOut => $"it took longer than {timedOut.Limit.TotalSeconds:0.###} s",
            ProcessEnd.NotStarted notStarted => notStarted.Reason,
            ProcessEnd.Cancelled => throw new OperationCanceledException(cancellationToken),
            _ => throw new InvalidOperationException($"Unknown end {end}"),
        }, Shown(stdout, stderr));
    }

    private static string Shown(CapturedStream stdout, CapturedStream stderr) => string.Join(
        '\n',
        new[] { ("stdout", stdout), ("stderr", stderr) }
            .Select(stream => (Name: stream.Item1, Text: stream.Item2.Text().TrimEnd()))
            .Where(stream => stream.Text.Length > 0)
            .Select(stream => $"{stream.Name}:\n{stream.Text}"));
}
