using System.Security.Cryptography;
using System.Text;
using Periplon.Core.Executions;

namespace Periplon.Engine.Queue;

/// <summary>
/// Classes of executions that wait to be started: those whose first task needs the same tags. Each class has room of its own in a
/// partition's memory, so that work for which there is no worker cannot keep other work out.
/// </summary>
internal static class QueueLanes
{
    private const int MaxLength = 200;

    /// <summary>The class of an execution; null when it has started or waits for something other than a worker.</summary>
    public static string? Of(ExecutionState state) =>
        state.Status is ExecutionStatus.Queued && state.Root.Wait is null
            ? Of(state.Ready.IsEmpty ? [] : state.Ready.Min.Task.Planned.WorkerTags)
            : null;

    /// <summary>The class of tags, in any order: of bounded length and without control characters, because it is a key of an
    /// index.</summary>
    public static string Of(IReadOnlyList<string> tags)
    {
        if (tags.Count == 0)
        {
            return "";
        }

        var lane = string.Join(',', tags.Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal));
        return lane.Length <= MaxLength && !lane.Any(c => char.IsControl(c) || char.IsSurrogate(c))
            ? lane
            : $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(lane)))}";
    }
}
