namespace Periplon.Core.Validation;

/// <summary>Labels of the workflow: text that every database can store and a query can name.</summary>
internal static class LabelRules
{
    internal static void Check(ValidationContext context)
    {
        foreach (var (key, value) in context.Workflow.Labels)
        {
            var what = key.Any(char.IsControl) ? "key" : value.Any(char.IsControl) ? "value" : null;
            if (what is not null)
            {
                context.Report.Error(
                    ValidationCodes.LabelControlCharacter,
                    $"labels.{key}",
                    $"The {what} of the label '{Shown(key)}' holds a control character, such as a line break, a tab or NUL.",
                    "Write labels as words in one line.");
            }
        }
    }

    private static string Shown(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
