using Periplon.Core.Reuse;

namespace Periplon.Core.Validation;

/// <summary>References to what lies outside the file: imported groups, their workflows, predefined tasks.</summary>
internal static class ImportRules
{
    private const string VersionHint = "Write name@version, such as tidy@1.2.0 or tidy@^1.0.0.";

    internal static void Check(ValidationContext context)
    {
        foreach (var (name, value) in context.Workflow.Imports)
        {
            if (!IsNamespace(name))
            {
                context.Report.Error(
                    ValidationCodes.ImportNamespaceMalformed,
                    $"imports.{name}",
                    $"'{name}' is not a namespace.",
                    "A namespace has letters, digits, '-' and '_', and does not start with a digit.");
            }

            if (!IsVersioned(value))
            {
                context.Report.Error(
                    ValidationCodes.ImportMalformed,
                    $"imports.{name}",
                    $"The import '{name}' is '{value}', which is not name@version.",
                    VersionHint);
            }
        }

        foreach (var node in context.Tree.Nodes)
        {
            CheckVersioned(context, node, node.Task.Uses, "uses", ValidationCodes.UsesMalformed);
            CheckVersioned(context, node, node.Task.Embed, "embed", ValidationCodes.EmbedMalformed);
            if (node.Task.UsesWorkflow is { } reference)
            {
                CheckGroupWorkflow(context, node, reference);
            }
        }
    }

    private static void CheckVersioned(ValidationContext context, TaskNode node, string? reference, string field, string code)
    {
        if (reference is null)
        {
            return;
        }

        if (TaskReference.TryParse(reference, out var parsed, out _) && parsed.Namespace is { } space)
        {
            if (!context.Workflow.Imports.ContainsKey(space))
            {
                context.Report.Add(
                    node.Realm.Severity,
                    code,
                    $"{node.Path}.{field}",
                    $"Task '{node.FullId}' says {field}: '{reference}', but the namespace '{space}' is not imported.",
                    context.Hint(space, context.Workflow.Imports, "imports"));
            }
        }
        else if (!IsVersioned(reference))
        {
            context.Report.Add(
                node.Realm.Severity,
                code,
                $"{node.Path}.{field}",
                $"Task '{node.FullId}' says {field}: '{reference}', which is not name@version.",
                VersionHint);
        }
    }

    private static void CheckGroupWorkflow(ValidationContext context, TaskNode node, string reference)
    {
        var path = $"{node.Path}.uses_workflow";
        var parts = reference.Split(':');
        if (parts.Length != 2 || parts.Any(string.IsNullOrWhiteSpace))
        {
            context.Report.Add(
                node.Realm.Severity,
                node.IsTopLevel ? ValidationCodes.GroupWorkflowMalformed : ValidationCodes.SubtaskGroupWorkflowMalformed,
                path,
                $"Task '{node.FullId}' says uses_workflow: '{reference}', which is not namespace:workflow.",
                "Write namespace:workflow, with a namespace of 'imports'.");
        }
        else if (!IsNamespace(parts[0]))
        {
            context.Report.Add(
                node.Realm.Severity,
                node.IsTopLevel ? ValidationCodes.GroupWorkflowNamespaceMalformed : ValidationCodes.SubtaskGroupWorkflowMalformed,
                path,
                $"Task '{node.FullId}' uses the namespace '{parts[0]}', which is not one.",
                "A namespace has letters, digits, '-' and '_', and does not start with a digit.");
        }
        else if (!context.Workflow.Imports.ContainsKey(parts[0]))
        {
            context.Report.Add(
                node.Realm.Severity,
                node.IsTopLevel ? ValidationCodes.GroupWorkflowNotImported : ValidationCodes.SubtaskGroupWorkflowNotImported,
                path,
                $"Task '{node.FullId}' uses the namespace '{parts[0]}', which is not imported.",
                context.Hint(parts[0], context.Workflow.Imports, "imports"));
        }
    }

    private static bool IsVersioned(string reference) =>
        reference.Split('@') is [var name, var version] && !string.IsNullOrWhiteSpace(name) && !string.IsNullOrWhiteSpace(version);

    private static bool IsNamespace(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_');
}
