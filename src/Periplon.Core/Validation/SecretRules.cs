namespace Periplon.Core.Validation;

/// <summary>References to secrets, in the fields of notifications that hold credentials.</summary>
internal static class SecretRules
{
    private const string Opening = "${secret.";

    internal static bool Contains(string text) => text.Contains(Opening, StringComparison.Ordinal);

    internal static bool StartsWith(string text) => text.StartsWith(Opening, StringComparison.Ordinal);

    internal static void CheckField(ValidationContext context, string path, string text)
    {
        var secrets = context.Workflow.Secrets;
        var next = 0;
        while (text.IndexOf(Opening, next, StringComparison.Ordinal) is var at && at >= 0)
        {
            var start = next = at + Opening.Length;
            var end = text.IndexOf('}', start);
            var name = end < 0 ? text[start..] : text[start..end];
            if (string.IsNullOrWhiteSpace(name))
            {
                context.Report.Error(
                    ValidationCodes.SecretNameEmpty,
                    path,
                    "The reference to a secret names none.",
                    "Write ${secret.NAME} with a name of 'secrets'.");
            }
            else if (!secrets.ContainsKey(name))
            {
                context.Report.Error(
                    ValidationCodes.SecretUndeclared,
                    path,
                    $"The secret '{name}' is not declared.",
                    context.Hint(name, secrets, "secrets"));
            }
        }

        // An error in the reference, whose notifier took such a text as it stood. Here one engine fills in every string (design
        // §8.3), so "Token ${secret.x}" is right; what remains is the doubt whether the text around it was meant.
        if (Contains(text) && !IsOneReference(text))
        {
            context.Report.Warning(
                ValidationCodes.SecretMixedWithText,
                path,
                "The credential holds other text beside the reference to a secret.",
                "If the text is not part of the credential, write the reference alone.");
        }
    }

    private static bool IsOneReference(string text) => StartsWith(text) && text.IndexOf('}') == text.Length - 1;
}
