using System.Text.Json;
using System.Text.RegularExpressions;
using Periplon.Core.Inputs;
using Periplon.Core.Templates;
using Periplon.Core.Validation;

namespace Periplon.Core.Reuse;

/// <summary>Rules of manifests that concern more than one field.</summary>
internal static partial class ManifestRules
{
    internal static void CheckTask(PredefinedTaskManifest task, ValidationReport report)
    {
        foreach (var (name, input) in task.Inputs)
        {
            CheckInput(name, input, report);
        }

        CheckTemplate(task, task.AgentTemplate.Description, "description", report);
        CheckTemplate(task, task.AgentTemplate.SystemPrompt, "system_prompt", report);
        CheckRepeated(task.Dependencies, dependency => dependency.Name, "spec.dependencies", "dependency", report);
    }

    internal static void CheckGroup(TaskGroupManifest group, ValidationReport report)
    {
        if (group.Tasks.Count == 0)
        {
            report.Error(ReuseCodes.GroupWithoutTasks, "spec.tasks", $"The group '{group.Metadata.Name}' has no tasks.",
                "List at least one, with name and version.");
        }

        CheckRepeated(group.Tasks, task => task.Name, "spec.tasks", "task", report);
        CheckRepeated(group.Workflows, workflow => workflow.Name, "spec.workflows", "workflow", report);
        CheckRepeated(group.Dependencies, dependency => dependency.Name, "spec.dependencies", "dependency", report);
    }

    internal static void CheckPackage(TaskPackageManifest package, ValidationReport report) =>
        CheckRepeated(package.Tasks, task => task.Name, "tasks", "task", report);

    internal static void CheckSources(TaskSourceList list, ValidationReport report)
    {
        CheckRepeated(list.Sources, source => source.Name, "sources", "source", report);
        for (var i = 0; i < list.Sources.Count; i++)
        {
            if (list.Sources[i] is TaskSource.Git { Branch: not null, Tag: not null } git)
            {
                report.Error(ReuseCodes.BranchAndTag, $"sources[{i}].tag", $"The source '{git.Name}' has a branch and a tag.",
                    "Keep one of them: a tag never changes, a branch is refreshed.");
            }
        }
    }

    private static void CheckInput(string name, PredefinedInput input, ValidationReport report)
    {
        var path = $"spec.inputs.{name}";
        if (!InputNamePattern().IsMatch(name))
        {
            report.Error(ReuseCodes.InputNameMalformed, path, $"The input '{name}' has a name that no reference can name.",
                "Use letters, digits, '_' and '-'.");
        }

        var declared = input.Definition;
        var type = declared.Type;
        Misplaced(declared.Pattern is not null && type is not (InputTypes.Text or InputTypes.Secret), "pattern", "a string");
        Misplaced(declared.Min is not null && type is not (InputTypes.Number or InputTypes.Integer), "min", "a number");
        Misplaced(declared.Max is not null && type is not (InputTypes.Number or InputTypes.Integer), "max", "a number");
        Misplaced(declared.MinLength is not null && !HasLength(type), "min_length", "a string or array");
        Misplaced(declared.MaxLength is not null && !HasLength(type), "max_length", "a string or array");
        if (declared.Default is { } value && !ReferenceRewriter.HoldsReference(value))
        {
            foreach (var problem in InputRules.Check(declared, value))
            {
                report.Error(ReuseCodes.DefaultBreaksRules, $"{path}.default", $"The default of input '{name}' {problem}");
            }
        }

        void Misplaced(bool isMisplaced, string rule, string where)
        {
            if (isMisplaced)
            {
                report.Error(ReuseCodes.InputRuleMisplaced, $"{path}.validation.{rule}",
                    $"The input '{name}' is of type {type}, but '{rule}' is a rule for {where}.", "Remove the rule, or change the type.");
            }
        }
    }

    private static bool HasLength(string type) => type is InputTypes.Text or InputTypes.Secret or InputTypes.List;

    private static void CheckTemplate(PredefinedTaskManifest task, string? text, string field, ValidationReport report)
    {
        foreach (var reference in text is null ? [] : Template.Parse(text).References)
        {
            if (ReferencePath.TryParse(reference, out var path) && path is { Root: "input", IsQualified: true }
                && path.Segments[1].Name is { } name && !task.Inputs.ContainsKey(name))
            {
                report.Warning(
                    ReuseCodes.TemplateInputUnknown,
                    $"spec.agent_template.{field}",
                    $"The text refers to the input '{name}', which the task does not declare; it stays as it is.",
                    new NameHints().Hint(name, task.Inputs.Keys, task.Inputs.Count, "inputs"));
            }
        }
    }

    private static void CheckRepeated<T>(
        IReadOnlyList<T> items, Func<T, string> name, string path, string what, ValidationReport report)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < items.Count; i++)
        {
            if (!seen.Add(name(items[i])))
            {
                report.Error(ReuseCodes.NameRepeated, $"{path}[{i}]", $"The {what} '{name(items[i])}' is listed twice.",
                    "Keep one of the two.");
            }
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex InputNamePattern();
}
