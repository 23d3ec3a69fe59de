using System.Text.Json;
using Periplon.Core.Conditions;

namespace Periplon.Core.Workflows;

/// <summary>A loop over a task (reference §7).</summary>
public abstract record LoopDefinition
{
    private LoopDefinition() { }

    /// <summary>Once for each item of a collection.</summary>
    public sealed record ForEach : LoopDefinition
    {
        /// <summary>The items.</summary>
        public required CollectionDefinition Collection { get; init; }
        /// <summary>Name of the loop variable.</summary>
        public required string Iterator { get; init; }
        /// <summary>Whether iterations run at the same time. Default: false.</summary>
        public bool Parallel { get; init; }
        /// <summary>How many at the same time.</summary>
        public int? MaxParallel { get; init; }
    }

    /// <summary>A fixed number of times.</summary>
    public sealed record Repeat : LoopDefinition
    {
        /// <summary>How many times.</summary>
        public required long Count { get; init; }
        /// <summary>Name of the loop variable.</summary>
        public string? Iterator { get; init; }
        /// <summary>Whether iterations run at the same time. Default: false.</summary>
        public bool Parallel { get; init; }
        /// <summary>How many at the same time.</summary>
        public int? MaxParallel { get; init; }
    }

    /// <summary>As long as a condition holds, tested before each iteration.</summary>
    public sealed record While : LoopDefinition
    {
        /// <summary>The condition.</summary>
        public required Condition Condition { get; init; }
        /// <summary>Most iterations.</summary>
        public required long MaxIterations { get; init; }
        /// <summary>Name of the loop variable.</summary>
        public string? IterationVariable { get; init; }
        /// <summary>Seconds between iterations.</summary>
        public double? DelayBetweenSecs { get; init; }
    }

    /// <summary>Until a condition holds, tested after each iteration.</summary>
    public sealed record RepeatUntil : LoopDefinition
    {
        /// <summary>The condition.</summary>
        public required Condition Condition { get; init; }
        /// <summary>Fewest iterations. Default: 1.</summary>
        public long MinIterations { get; init; } = 1;
        /// <summary>Most iterations.</summary>
        public required long MaxIterations { get; init; }
        /// <summary>Name of the loop variable.</summary>
        public string? IterationVariable { get; init; }
        /// <summary>Seconds between iterations.</summary>
        public double? DelayBetweenSecs { get; init; }
    }
}

/// <summary>Format of a collection's text.</summary>
public enum CollectionFormat
{
    /// <summary>One JSON array.</summary>
    Json,
    /// <summary>One JSON value a line.</summary>
    JsonLines,
    /// <summary>Comma-separated values with a header line.</summary>
    Csv,
    /// <summary>One text a line.</summary>
    Lines,
}

/// <summary>Items of a <c>for_each</c> loop (reference §7.1).</summary>
public abstract record CollectionDefinition
{
    private CollectionDefinition() { }

    /// <summary>Items written in the file.</summary>
    /// <param name="Items">The items.</param>
    public sealed record Inline(IReadOnlyList<JsonElement> Items) : CollectionDefinition;

    /// <summary>Whole numbers, the start included, the end not.</summary>
    /// <param name="Start">First number.</param>
    /// <param name="End">Number before which the range ends.</param>
    /// <param name="Step">Distance. Default: 1.</param>
    public sealed record Range(long Start, long End, long Step = 1) : CollectionDefinition;

    /// <summary>The content of a file.</summary>
    /// <param name="Path">Path, may hold references.</param>
    /// <param name="Format">Format of the content.</param>
    public sealed record File(string Path, CollectionFormat Format) : CollectionDefinition;

    /// <summary>The answer of a web server.</summary>
    public sealed record Http : CollectionDefinition
    {
        /// <summary>Address.</summary>
        public required string Url { get; init; }
        /// <summary>Method. Default: GET.</summary>
        public string Method { get; init; } = "GET";
        /// <summary>Request headers.</summary>
        public IReadOnlyDictionary<string, string> Headers { get; init; } = Map<string>.Empty;
        /// <summary>Request body.</summary>
        public string? Body { get; init; }
        /// <summary>Format of the answer. Default: JSON.</summary>
        public CollectionFormat Format { get; init; } = CollectionFormat.Json;
        /// <summary>Path to the array inside the answer.</summary>
        public string? JsonPath { get; init; }
    }

    /// <summary>An array in the execution's state map.</summary>
    /// <param name="Key">Key in the map.</param>
    public sealed record State(string Key) : CollectionDefinition;
}

/// <summary>Control of a loop (reference §7.4).</summary>
public sealed record LoopControl
{
    /// <summary>Ends the loop when it holds, tested after each iteration.</summary>
    public Condition? BreakCondition { get; init; }
    /// <summary>Skips an iteration when it holds, tested before each iteration.</summary>
    public Condition? ContinueCondition { get; init; }
    /// <summary>Whether the iterations' outputs are collected. Default: false.</summary>
    public bool CollectResults { get; init; }
    /// <summary>State key of the collected outputs.</summary>
    public string? ResultKey { get; init; }
    /// <summary>Longest time of the whole loop, in seconds.</summary>
    public double? TimeoutSecs { get; init; }
    /// <summary>Without effect, for files that have it: every iteration is recorded.</summary>
    public long? CheckpointInterval { get; init; }
    /// <summary>Most iterations (reference §23).</summary>
    public long? MaxIterations { get; init; }
}

/// <summary><c>matrix</c>: the cross product of named values.</summary>
public sealed record MatrixDefinition
{
    /// <summary>Values by name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Axes { get; init; } = Map<IReadOnlyList<JsonElement>>.Empty;
    /// <summary>Combinations added to the product.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> Include { get; init; } = [];
    /// <summary>Combinations left out of the product.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> Exclude { get; init; } = [];
    /// <summary>How many at the same time; none means all.</summary>
    public int? MaxParallel { get; init; }
}

/// <summary><c>switch</c>: the tasks of the first case whose value is equal.</summary>
public sealed record SwitchDefinition
{
    /// <summary>The value that is compared; may hold references.</summary>
    public required JsonElement On { get; init; }
    /// <summary>Tasks by the text of the case.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<TaskDefinition>> Cases { get; init; } = Map<IReadOnlyList<TaskDefinition>>.Empty;
    /// <summary>Tasks when no case is equal.</summary>
    public IReadOnlyList<TaskDefinition> Default { get; init; } = [];
}

/// <summary><c>sleep</c>: a durable pause. Exactly one of the two is given.</summary>
/// <param name="Seconds">Length in seconds; may be text with references.</param>
/// <param name="Until">Time at which it ends (RFC 3339); may hold references.</param>
public sealed record SleepDefinition(JsonElement? Seconds, string? Until);

/// <summary><c>wait_for</c>: a signal or webhook that the task waits for.</summary>
/// <param name="Signal">Signal name.</param>
/// <param name="Webhook">Webhook name.</param>
/// <param name="TimeoutSecs">Longest wait, in seconds.</param>
/// <param name="Default">Value taken when the time is up; none fails the task.</param>
public sealed record WaitForDefinition(string? Signal, string? Webhook, double? TimeoutSecs, JsonElement? Default);

/// <summary><c>approval</c>: a person's decision that the task waits for.</summary>
public sealed record ApprovalDefinition
{
    /// <summary>Users, teams or roles that may decide; empty means anybody with the permission.</summary>
    public IReadOnlyList<string> Approvers { get; init; } = [];
    /// <summary>What is to be decided; may hold references.</summary>
    public string? Message { get; init; }
    /// <summary>Longest wait, in seconds.</summary>
    public double? TimeoutSecs { get; init; }
    /// <summary>Decision taken when the time is up: <c>approve</c>, <c>reject</c> or none, which fails the task.</summary>
    public string? Default { get; init; }
}
