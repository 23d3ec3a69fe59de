using System.Text.Json.Serialization;

namespace Periplon.Core.Schedules;

/// <summary>What a tick does while a run before it is still active.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OverlapPolicy>))]
public enum OverlapPolicy
{
    /// <summary>Starts beside it.</summary>
    [JsonStringEnumMemberName("allow")] Allow,
    /// <summary>Does not start; it is recorded as skipped.</summary>
    [JsonStringEnumMemberName("skip")] Skip,
    /// <summary>Waits for its end. One tick waits at a time; those that come meanwhile are skipped.</summary>
    [JsonStringEnumMemberName("queue")] Queue,
    /// <summary>Cancels it and starts.</summary>
    [JsonStringEnumMemberName("cancel_old")] CancelOld,
}

/// <summary>What becomes of ticks that were due while nothing could fire them.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MissedPolicy>))]
public enum MissedPolicy
{
    /// <summary>They are skipped.</summary>
    [JsonStringEnumMemberName("skip")] Skip,
    /// <summary>The last of them fires.</summary>
    [JsonStringEnumMemberName("last")] Last,
    /// <summary>All fire that are not older than a window.</summary>
    [JsonStringEnumMemberName("all")] All,
}

/// <summary>The words of the policies, as users and the database know them.</summary>
public static class SchedulePolicies
{
    private static readonly (OverlapPolicy Policy, string Word)[] _overlaps =
    [
        (OverlapPolicy.Allow, "allow"), (OverlapPolicy.Skip, "skip"), (OverlapPolicy.Queue, "queue"),
        (OverlapPolicy.CancelOld, "cancel_old"),
    ];

    private static readonly (MissedPolicy Policy, string Word)[] _missed =
        [(MissedPolicy.Skip, "skip"), (MissedPolicy.Last, "last"), (MissedPolicy.All, "all")];

    /// <summary>Words of the overlap policies.</summary>
    public static IReadOnlyList<string> OverlapWords { get; } = [.. _overlaps.Select(each => each.Word)];

    /// <summary>Words of the policies for missed ticks.</summary>
    public static IReadOnlyList<string> MissedWords { get; } = [.. _missed.Select(each => each.Word)];

    /// <summary>The word of a policy.</summary>
    /// <param name="policy">The policy.</param>
    public static string ToWord(this OverlapPolicy policy) => Array.Find(_overlaps, each => each.Policy == policy).Word;

    /// <summary>The word of a policy.</summary>
    /// <param name="policy">The policy.</param>
    public static string ToWord(this MissedPolicy policy) => Array.Find(_missed, each => each.Policy == policy).Word;

    /// <summary>The overlap policy of a word; false when there is none.</summary>
    /// <param name="word">The word.</param>
    /// <param name="policy">The policy.</param>
    public static bool TryParse(string? word, out OverlapPolicy policy)
    {
        var found = Array.Find(_overlaps, each => each.Word == word);
        policy = found.Policy;
        return found.Word is not null;
    }

    /// <summary>The policy for missed ticks of a word; false when there is none.</summary>
    /// <param name="word">The word.</param>
    /// <param name="policy">The policy.</param>
    public static bool TryParse(string? word, out MissedPolicy policy)
    {
        var found = Array.Find(_missed, each => each.Word == word);
        policy = found.Policy;
        return found.Word is not null;
    }
}
