using System.Text.Json;

namespace Periplon.Plans;

/// <summary>What a run of a workflow would do, as far as that is known before it.</summary>
internal sealed record RunPlan
{
    public required string Name { get; init; }
    public required string Version { get; init; }

    /// <summary>How many tasks may run at the same time.</summary>
    public required int MaxParallel { get; init; }

    /// <summary>Values of the inputs, secret ones as <c>***</c>.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Inputs { get; init; }

    /// <summary>Inputs that are required and have no value.</summary>
    public required IReadOnlyList<string> MissingInputs { get; init; }

    /// <summary>The workflow's tasks, then stages, <c>on_failure</c> and <c>finally</c>, with the hooks where they run.</summary>
    public required IReadOnlyList<PlanSection> Sections { get; init; }
}

/// <summary>Steps that belong together.</summary>
/// <param name="Kind">
/// <c>tasks</c>, <c>stage</c>, <c>subtasks</c>, <c>case</c>, <c>subflow</c>, <c>hooks</c>, <c>on_failure</c> or <c>finally</c>.
/// </param>
/// <param name="Name">Name of the stage, case, subflow or hooks; empty for the others.</param>
/// <param name="After">Names of stages that come before.</param>
/// <param name="Waves">Steps by wave: those of one wave need nothing of one another.</param>
internal sealed record PlanSection(string Kind, string Name, IReadOnlyList<string> After, IReadOnlyList<IReadOnlyList<PlanStep>> Waves);

/// <summary>A task of a plan.</summary>
internal sealed record PlanStep
{
    /// <summary>Path, as an execution calls it; what is inside a subflow stands behind <c>/</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Id among its siblings.</summary>
    public required string Id { get; init; }

    /// <summary>Word for what it executes, such as <c>script</c>; <c>group</c> for one that only holds others.</summary>
    public required string Kind { get; init; }

    /// <summary>What it would do, in one line; empty for a group.</summary>
    public required string Does { get; init; }

    /// <summary>What has to be settled before it.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>Under which condition it runs; null for always.</summary>
    public string? Condition { get; init; }

    /// <summary>Attempts in all.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>Longest time of one attempt, in seconds.</summary>
    public double? TimeoutSecs { get; init; }

    /// <summary>Whether the workflow goes on when it fails.</summary>
    public bool ContinueOnError { get; init; }

    public PlanLoop? Loop { get; init; }
    public IReadOnlyList<PlanSection> Sections { get; init; } = [];
}

/// <summary>How often a step runs.</summary>
/// <param name="Text">In words.</param>
/// <param name="Count">Iterations; null when that is known only while it runs.</param>
/// <param name="MaxParallel">How many at the same time; 1 for one after the other.</param>
/// <param name="Iterations">The first ones and the last.</param>
internal sealed record PlanLoop(string Text, long? Count, long MaxParallel, IReadOnlyList<PlanIteration> Iterations);

/// <summary>An iteration.</summary>
/// <param name="Index">Number, from 0.</param>
/// <param name="Values">Loop variables.</param>
/// <param name="Does">What the task would do in it.</param>
internal sealed record PlanIteration(long Index, IReadOnlyDictionary<string, JsonElement> Values, string Does);
