using Periplon.Core.Executions;

namespace Periplon.Core.Retries;

/// <summary>What of an ended execution a retry runs again.</summary>
/// <param name="FromTask">Task that runs again, with everything that depends on it; null for none beyond what did not end well.</param>
/// <param name="FromStart">Whether everything runs again.</param>
/// <param name="AsksConditionsAgain">
/// Whether tasks that a condition skipped are asked again: the inputs or the revision are others.
/// </param>
public sealed record RetryChoice(string? FromTask = null, bool FromStart = false, bool AsksConditionsAgain = false);

/// <summary>What a retry keeps.</summary>
/// <param name="Kept">Tasks that end as they did, in the order in which they ended.</param>
/// <param name="Problems">Why the retry cannot be had; empty when it can.</param>
/// <param name="HasWork">Whether anything runs again.</param>
public sealed record RetryPlan(IReadOnlyList<KeptTask> Kept, IReadOnlyList<RetryProblem> Problems, bool HasWork);

/// <summary>Why a retry cannot be had.</summary>
/// <param name="Field">Field of the request that it is about.</param>
/// <param name="Message">What was found and what is allowed.</param>
public sealed record RetryProblem(string Field, string Message);
