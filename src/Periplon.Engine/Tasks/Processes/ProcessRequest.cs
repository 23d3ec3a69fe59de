namespace Periplon.Engine.Tasks.Processes;

/// <summary>A program to run.</summary>
internal sealed record ProcessRequest
{
    /// <summary>Name, found on the PATH of <see cref="Environment"/>, or path, relative to <see cref="Directory"/>.</summary>
    public required string Executable { get; init; }
    public required IReadOnlyList<string> Arguments { get; init; }
    /// <summary>The whole environment; nothing else is inherited.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public required string Directory { get; init; }
    public TimeSpan? Timeout { get; init; }
}

/// <summary>How a program ended.</summary>
internal abstract record ProcessEnd
{
    private ProcessEnd() { }

    /// <summary>By itself.</summary>
    internal sealed record Exited(int Code) : ProcessEnd;

    /// <summary>By a signal that was not ours.</summary>
    internal sealed record Signalled(string Signal, int Code) : ProcessEnd;

    /// <summary>By us, at its time limit.</summary>
    internal sealed record TimedOut(TimeSpan Limit) : ProcessEnd;

    /// <summary>By us, on request.</summary>
    internal sealed record Cancelled : ProcessEnd;

    /// <summary>It never ran.</summary>
    internal sealed record NotStarted(string Reason) : ProcessEnd;
}

/// <summary>Takes the bytes of one stream as they come. Never throws: a reader that stops would block the process that writes.</summary>
internal interface IByteSink
{
    void Append(ReadOnlySpan<byte> bytes);
}
