namespace Periplon.Torture.Checks;

/// <summary>What was found to be wrong.</summary>
internal sealed class Violations(TextWriter output)
{
    private readonly Lock _gate = new();
    private readonly List<Violation> _all = [];

    public IReadOnlyList<Violation> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    /// <summary>Adds one, and says so at once.</summary>
    /// <param name="kind">A word for what is broken.</param>
    /// <param name="message">What was found.</param>
    /// <param name="execution">The execution whose history is evidence; null when there is none.</param>
    public void Add(string kind, string message, Guid? execution = null)
    {
        lock (_gate)
        {
            _all.Add(new Violation(kind, message, execution));
            output.WriteLine($"VIOLATION {kind}: {message}");
        }
    }
}

/// <summary>Something that must not be.</summary>
internal sealed record Violation(string Kind, string Message, Guid? Execution);
