using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>What every rule set works on.</summary>
internal sealed class ValidationContext
{
    internal ValidationContext(WorkflowDefinition workflow)
    {
        Workflow = workflow;
        Report = new ValidationReport(workflow.Source);
        Tree = TaskTree.Of(workflow, Report);
    }

    internal WorkflowDefinition Workflow { get; }

    internal ValidationReport Report { get; }

    internal TaskTree Tree { get; }

    internal NameHints Names { get; } = new();

    /// <summary>A hint for a name that is not declared.</summary>
    internal string Hint<T>(string name, IReadOnlyDictionary<string, T> declared, string plural) =>
        Names.Hint(name, declared.Keys, declared.Count, plural);

    /// <summary>A hint for the name of a task that is not there.</summary>
    internal string TaskHint(string name, TaskNode? node)
    {
        var visible = node?.VisibleNames() ?? Tree.Main.Roots.Keys;
        return Names.Find(name, visible) is { } nearest
            ? $"Did you mean '{nearest}'?"
            : "Name a task of this workflow; a subtask is 'parent.child'.";
    }
}
