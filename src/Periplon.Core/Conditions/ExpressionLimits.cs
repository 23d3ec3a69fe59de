namespace Periplon.Core.Conditions;

/// <summary>
/// Bounds on one evaluation of an expression. An expression that runs into one fails with an <see cref="ExpressionException"/>.
/// </summary>
public sealed record ExpressionLimits
{
    /// <summary>Longest expression, in characters. Default: 4,000.</summary>
    public int MaxLength { get; init; } = 4_000;

    /// <summary>Deepest nesting of an expression. Default: 200.</summary>
    public int MaxDepth { get; init; } = 200;

    /// <summary>Most statements. Default: 100,000. This is the bound that stops loops, at the same place on every machine.</summary>
    public int MaxStatements { get; init; } = 100_000;

    /// <summary>Deepest recursion. Default: 64.</summary>
    public int MaxRecursion { get; init; } = 64;

    /// <summary>Most items of an array. Default: 131,072; arrays grow by doubling.</summary>
    public int MaxItems { get; init; } = 131_072;

    /// <summary>Longest text that one operation may make, in characters. Default: 4 Mi.</summary>
    public int MaxText { get; init; } = 4 * 1024 * 1024;

    /// <summary>Memory that may be allocated, in bytes. Default: 64 MiB.</summary>
    public long MaxMemory { get; init; } = 64 * 1024 * 1024;

    /// <summary>Longest time, as a last resort. Default: 1 second.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest time for one match of a regular expression. Default: 100 milliseconds.</summary>
    public TimeSpan RegexTimeout { get; init; } = TimeSpan.FromMilliseconds(100);
}
