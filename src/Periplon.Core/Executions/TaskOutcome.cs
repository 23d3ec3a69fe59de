using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Periplon.Core.Executions;

/// <summary>How an attempt ended: the closed set of expected ends. Exceptions are for defects and lost infrastructure.</summary>
public sealed record TaskOutcome
{
    /// <summary>For the serializer; use the factory methods.</summary>
    [JsonConstructor]
    public TaskOutcome(TaskOutcomeKind kind, TaskOutput? output, TaskFailure? failure)
    {
        Kind = kind;
        Output = output;
        Failure = failure;
    }

    /// <summary>Which end.</summary>
    public TaskOutcomeKind Kind { get; }

    /// <summary>What the attempt published; may also be present after a failure.</summary>
    public TaskOutput? Output { get; }

    /// <summary>Why it failed.</summary>
    public TaskFailure? Failure { get; }

    /// <summary>Whether it failed, timeouts included.</summary>
    [MemberNotNullWhen(true, nameof(Failure)), JsonIgnore]
    public bool IsFailed => Kind is TaskOutcomeKind.Failed;

    /// <summary>A good end.</summary>
    /// <param name="output">What the attempt published.</param>
    public static TaskOutcome Completed(TaskOutput output) => new(TaskOutcomeKind.Completed, output, null);

    /// <summary>A failure.</summary>
    /// <param name="kind">Its kind; see <see cref="FailureKinds"/>.</param>
    /// <param name="message">What happened.</param>
    /// <param name="output">What was captured before.</param>
    /// <param name="exitCode">Exit code of a process.</param>
    public static TaskOutcome Failed(string kind, string message, TaskOutput? output = null, int? exitCode = null) =>
        new(TaskOutcomeKind.Failed, output, new TaskFailure(kind, message, exitCode));

    /// <summary>The attempt ran into its time limit.</summary>
    /// <param name="timeout">The limit.</param>
    /// <param name="output">What was captured before.</param>
    public static TaskOutcome TimedOut(TimeSpan timeout, TaskOutput? output = null) =>
        Failed(FailureKinds.Timeout, $"The attempt took longer than its limit of {timeout.TotalSeconds:0.###} s", output);

    /// <summary>The attempt was stopped because the execution was cancelled.</summary>
    /// <param name="output">What was captured before.</param>
    public static TaskOutcome Cancelled(TaskOutput? output = null) => new(TaskOutcomeKind.Cancelled, output, null);

    /// <summary>The attempt ran well, but its definition of done is not met; the execution decides whether another follows.</summary>
    /// <param name="output">What it published; kept when the task may end all the same.</param>
    /// <param name="feedback">What is not met and why, for the next attempt.</param>
    public static TaskOutcome Unmet(TaskOutput output, string feedback) =>
        new(TaskOutcomeKind.Unmet, output, new TaskFailure(FailureKinds.DefinitionOfDone, feedback));

    /// <summary>The attempt was handed back unfinished (draining worker); it will run again and counts as no failure.</summary>
    public static TaskOutcome Returned() => new(TaskOutcomeKind.Returned, null, null);
}

/// <summary>The ends of an attempt.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskOutcomeKind>))]
public enum TaskOutcomeKind
{
    /// <summary>Good.</summary>
    [JsonStringEnumMemberName("completed")] Completed,
    /// <summary>Failed.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
    /// <summary>Stopped on request.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,
    /// <summary>Handed back.</summary>
    [JsonStringEnumMemberName("returned")] Returned,
    /// <summary>It ran well, but its definition of done is not met; the failure carries the feedback.</summary>
    [JsonStringEnumMemberName("unmet")] Unmet,
}

/// <summary>Why an attempt failed.</summary>
/// <param name="Kind">Kind, one of <see cref="FailureKinds"/>; <c>retry.on</c> names these.</param>
/// <param name="Message">What happened, for people.</param>
/// <param name="ExitCode">Exit code of a process, or status code of an HTTP answer.</param>
public sealed record TaskFailure(string Kind, string Message, int? ExitCode = null);

/// <summary>Kinds of failure.</summary>
public static class FailureKinds
{
    /// <summary>A process ended with an exit code other than 0.</summary>
    public const string ExitCode = "exit_code";
    /// <summary>A process was ended by a signal.</summary>
    public const string Signal = "signal";
    /// <summary>A process could not be started.</summary>
    public const string Spawn = "spawn";
    /// <summary>The time limit was reached.</summary>
    public const string Timeout = "timeout";
    /// <summary>An HTTP answer outside 2xx.</summary>
    public const string HttpStatus = "http_status";
    /// <summary>No HTTP answer: name resolution, connection, TLS.</summary>
    public const string Network = "network";
    /// <summary>A reference or input could not be resolved.</summary>
    public const string Input = "input";
    /// <summary>A declared output could not be produced.</summary>
    public const string Output = "output";
    /// <summary>The worker was lost too many times while it ran the attempt.</summary>
    public const string WorkerLost = "worker_lost";
    /// <summary>A model provider refused or failed.</summary>
    public const string Model = "model";
    /// <summary>The definition of done is not met.</summary>
    public const string DefinitionOfDone = "definition_of_done";
    /// <summary>The items of a loop could not be read.</summary>
    public const string Collection = "collection";
    /// <summary>A task inside this one failed.</summary>
    public const string Subtask = "subtask";
    /// <summary>The child execution did not end well.</summary>
    public const string Subflow = "subflow";
    /// <summary>A person rejected it.</summary>
    public const string Rejected = "rejected";
    /// <summary>A limit refused it.</summary>
    public const string Limit = "limit";
    /// <summary>A notification could not be delivered.</summary>
    public const string Notification = "notification";
    /// <summary>A defect of the engine.</summary>
    public const string Internal = "internal";
}

/// <summary>What an attempt published.</summary>
public sealed record TaskOutput
{
    /// <summary>The output text, cut to its limit; null when there is none or it is in <see cref="Artifact"/>.</summary>
    public string? Text { get; init; }

    /// <summary>Size of the whole output text, in bytes of UTF-8, before any cut.</summary>
    public long Size { get; init; }

    /// <summary>Whether <see cref="Text"/> was cut.</summary>
    public bool Truncated { get; init; }

    /// <summary>Where the whole text is kept when it is larger than the journal takes.</summary>
    public ArtifactReference? Artifact { get; init; }

    /// <summary>Named outputs.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Values { get; init; }

    /// <summary>State values to set.</summary>
    public IReadOnlyDictionary<string, JsonElement>? State { get; init; }

    /// <summary>Exit code of a process, or status code of an HTTP answer.</summary>
    public int? ExitCode { get; init; }

    /// <summary>
    /// Where the whole texts of named outputs are kept that are larger than the journal takes, by name; <see cref="Values"/> has a part of
    /// each.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, ArtifactReference>? ValueArtifacts { get; init; }

    /// <summary>The items of a loop, an array: the outcome of <see cref="AttemptWork.Collection"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Items { get; init; }

    /// <summary>Whether the output was taken from the cache instead of running the task.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Cached { get; init; }
}

/// <summary>What a worker is to do in an attempt.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AttemptWork>))]
public enum AttemptWork
{
    /// <summary>Run the task.</summary>
    [JsonStringEnumMemberName("task")] Task,
    /// <summary>Read the items of the task's loop (<c>file</c> and <c>http</c> collections).</summary>
    [JsonStringEnumMemberName("collection")] Collection,
    /// <summary>Check the definition of done of a task whose work was that of its subtasks.</summary>
    [JsonStringEnumMemberName("check")] Check,
}

/// <summary>A stored artifact.</summary>
/// <param name="Uri">Where it is, such as <c>file:ab/cdef…</c> or <c>s3:bucket/key</c>.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Sha256">SHA-256 of its content, lower-case hexadecimal.</param>
public sealed record ArtifactReference(string Uri, long Size, string Sha256);
