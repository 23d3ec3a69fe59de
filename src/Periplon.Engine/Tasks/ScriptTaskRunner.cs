using System.Text;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Outputs;
using Periplon.Engine.Tasks.Processes;

namespace Periplon.Engine.Tasks;

/// <summary>
/// Runs source text by an interpreter. The text is an argument (<c>-c</c>, <c>-e</c>), so that imports resolve from the working directory
/// and node's modules are at hand, as the language promises; only a text near the limit of the operating system goes through a file,
/// in a way that keeps these promises.
/// </summary>
internal sealed class ScriptTaskRunner(ProcessAttempt attempt) : ITaskRunner
{
    // Linux takes 128 KiB for one argument.
    private const int MaxArgumentBytes = 100 * 1024;
    private const long MaxFileBytes = 16 * 1024 * 1024;

    public TaskKind Kind => TaskKind.Script;

    public Task<TaskOutcome> RunAsync(TaskContext context, CancellationToken cancellationToken) =>
        ExpectedFailures.CatchAsync(() => attempt.RunAsync(context, files => Plan(context, files), cancellationToken), cancellationToken);

    private static (ProcessPlan? Plan, TaskOutcome? Failure) Plan(TaskContext context, AttemptFiles files)
    {
        var script = context.Task.Script!;
        if (WorkingDirectory.Find(context, script.WorkingDir, out var failure) is not { } directory
            || ReadSource(context, script, directory, out failure) is not { } source)
        {
            return (null, failure);
        }

        var interpreter = Interpreter.Of(script.Language);
        var arguments = interpreter.AlwaysByFile || Encoding.UTF8.GetByteCount(source) > MaxArgumentBytes
            ? interpreter.ByFile(Store(source, files.PathOf(interpreter.FileName)))
            : interpreter.ByArgument(source);
        return (new ProcessPlan
        {
            Executable = interpreter.Program,
            Arguments = arguments,
            Directory = directory,
            Environment = interpreter.Environment.Count is 0 ? script.Env : Merge(interpreter.Environment, script.Env),
            TimeoutSecs = script.TimeoutSecs,
            Hint = interpreter.Hint,
        }, null);
    }

    private static string? ReadSource(TaskContext context, ScriptDefinition script, string directory, out TaskOutcome? failure)
    {
        failure = null;
        if (script.Content is not null)
        {
            return context.Texts.Lenient(script.Content);
        }

        if (script.File is null)
        {
            failure = TaskOutcome.Failed(FailureKinds.Input, "The script has neither 'content' nor 'file'");
            return null;
        }

        var path = Path.GetFullPath(context.Texts.Lenient(script.File), directory);
        var file = new FileInfo(path);
        if (!file.Exists || file.Length > MaxFileBytes)
        {
            failure = TaskOutcome.Failed(FailureKinds.Input, file.Exists
                ? $"The script file {path} has {file.Length} bytes; allowed are {MaxFileBytes}"
                : $"The script file '{script.File}' does not exist on this worker (looked for {path})");
            return null;
        }

        return context.Texts.Lenient(File.ReadAllText(path));
    }

    private static string Store(string source, string path)
    {
        File.WriteAllText(path, source);
        return path;
    }

    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> below, IReadOnlyDictionary<string, string> above)
    {
        var merged = new Dictionary<string, string>(below, StringComparer.Ordinal);
        foreach (var (name, value) in above)
        {
            merged[name] = value;
        }

        return merged;
    }
}
