using System.Globalization;

namespace Periplon.Core.Validation;

/// <summary>The version of the language that a file says it is written in.</summary>
internal static class LanguageVersionRules
{
    /// <summary>The newest major version of the language that is known here.</summary>
    internal const int KnownMajor = 1;

    internal static void Check(ValidationContext context)
    {
        var version = context.Workflow.DslVersion;
        if (int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) && major > KnownMajor)
        {
            context.Report.Warning(
                ValidationCodes.LanguageNewer,
                "dsl_version",
                $"The file is written in version {version} of the language, and this program knows versions up to {KnownMajor}.x.",
                "It is read by the rules of the known versions; what is newer may mean something else, or nothing.");
        }
    }
}
