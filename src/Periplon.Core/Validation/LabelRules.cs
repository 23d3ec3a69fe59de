using Periplon.Core.Names;

namespace Periplon.Core.Validation;

/// <summary>Labels of the workflow: they become columns, and queries name them.</summary>
internal static class LabelRules
{
    internal static void Check(ValidationContext context)
    {
        foreach (var (key, value) in context.Workflow.Labels)
        {
            var what = !LabelCharacters.FitKey(key) ? "key" : !LabelCharacters.FitValue(value) ? "value" : null;
            if (what is not null)
            {
                context.Report.Error(
                    ValidationCodes.LabelControlCharacter,
                    $"labels.{key}",
                    $"The {what} of the label '{LabelCharacters.Show(key)}' holds a control character, such as NUL.",
                    "Take it out; tabs and line breaks may be in values, and not in keys.");
            }
        }
    }
}
