namespace Periplon.Engine.Retention;

/// <summary>How long ended executions are kept, and how gently they are deleted.</summary>
internal sealed record RetentionOptions
{
    /// <summary>Whether anything is ever deleted by itself. Default: true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Age, counted from its end, at which an execution is deleted. Default: 30 days.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Most ended executions of one workflow that are kept, subflows not counted; 0 means no bound. Default: 0.</summary>
    public int MaxPerWorkflow { get; init; }

    /// <summary>Age below which nothing is deleted for being one too many: repetitions and triggers still ask for it. One hour.</summary>
    public static readonly TimeSpan LeastAge = TimeSpan.FromHours(1);

    /// <summary>How often it is looked for what to delete. Default: 10 minutes.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Most executions that one transaction deletes. Default: 500.</summary>
    public int BatchSize { get; init; } = 500;
}
