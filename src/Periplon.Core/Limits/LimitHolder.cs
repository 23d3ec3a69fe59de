using System.Security.Cryptography;
using System.Text;

namespace Periplon.Core.Limits;

/// <summary>
/// Who asks for a place under a limit or holds one: a task of an execution, or the execution itself. A task that asks again later is
/// another holder, so that a late release of its earlier place cannot take the new one. The order is that of the queue.
/// </summary>
/// <param name="Execution">The execution.</param>
/// <param name="Task">Path of the task; empty for the execution itself.</param>
/// <param name="AskedAt">When it asked.</param>
public sealed record LimitHolder(Guid Execution, string Task, DateTimeOffset AskedAt) : IComparable<LimitHolder>
{
    /// <inheritdoc/>
    public int CompareTo(LimitHolder? other)
    {
        if (other is null)
        {
            return 1;
        }

        var byTime = AskedAt.CompareTo(other.AskedAt);
        var byExecution = byTime != 0 ? byTime : Execution.CompareTo(other.Execution);
        return byExecution != 0 ? byExecution : string.CompareOrdinal(Task, other.Task);
    }

    /// <summary>Whether one is before the other in the queue.</summary>
    public static bool operator <(LimitHolder left, LimitHolder right) => Compare(left, right) < 0;

    /// <summary>Whether one is after the other in the queue.</summary>
    public static bool operator >(LimitHolder left, LimitHolder right) => Compare(left, right) > 0;

    /// <summary>Whether one is not after the other in the queue.</summary>
    public static bool operator <=(LimitHolder left, LimitHolder right) => Compare(left, right) <= 0;

    /// <summary>Whether one is not before the other in the queue.</summary>
    public static bool operator >=(LimitHolder left, LimitHolder right) => Compare(left, right) >= 0;

    private static int Compare(LimitHolder? left, LimitHolder? right) => left is null ? (right is null ? 0 : -1) : left.CompareTo(right);
}

/// <summary>Keys of limits: each organization has its own.</summary>
public static class LimitKeys
{
    private const int MaxLength = 200;

    /// <summary>The key of a limit as grains and their storage have it: of bounded length, and without control characters.</summary>
    /// <param name="organization">Organization of the execution.</param>
    /// <param name="name">Key as the workflow says it, references filled in.</param>
    public static string Of(string organization, string name)
    {
        ArgumentNullException.ThrowIfNull(organization);
        ArgumentNullException.ThrowIfNull(name);
        var key = $"{organization}/{name}";
        if (key.Length <= MaxLength && !key.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
        {
            return key;
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(name)));
        return $"{organization}/sha256:{hash}";
    }
}
