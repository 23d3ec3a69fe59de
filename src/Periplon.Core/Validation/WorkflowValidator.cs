using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Validation;

/// <summary>
/// Checks a parsed workflow by the rules of the language. The codes and their meaning are listed in <c>docs/diagnostics.md</c>.
/// </summary>
public static class WorkflowValidator
{
    /// <summary>Applies every rule and returns all findings at once, in the order of the file.</summary>
    /// <param name="workflow">The workflow, as the parser returned it.</param>
    /// <returns>Errors, warnings and remarks. Without an error among them the workflow can be stored.</returns>
    public static IReadOnlyList<Diagnostic> Validate(WorkflowDefinition workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        var context = new ValidationContext(workflow);
        LanguageVersionRules.Check(context);
        IdRules.Check(context);
        AgentRules.Check(context);
        GraphRules.Check(context);
        CycleRules.Check(context);
        KindRules.Check(context);
        LoopRules.Check(context);
        MatrixRules.Check(context);
        StageRules.Check(context);
        SubflowRules.Check(context);
        SourceRules.Check(context);
        ImportRules.Check(context);
        TaskGroupRules.Check(context);
        InputDeclarationRules.Check(context);
        LabelRules.Check(context);
        BoundRules.Check(context);
        VariableRules.Check(context);
        NotificationRules.Check(context);
        return context.Report.InFileOrder();
    }
}
