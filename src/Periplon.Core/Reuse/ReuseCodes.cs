namespace Periplon.Core.Reuse;

/// <summary>
/// Codes of findings about predefined tasks, packages and groups, and about workflows that use them. <c>docs/diagnostics.md</c>
/// explains each; a test keeps the two lists equal.
/// </summary>
internal static class ReuseCodes
{
    // 501 and up are about the files themselves.
    internal const string HeaderWrong = "PPL501";
    internal const string NameMalformed = "PPL502";
    internal const string VersionMalformed = "PPL503";
    internal const string ConstraintMalformed = "PPL504";
    internal const string TextEmpty = "PPL505";
    internal const string InputNameMalformed = "PPL506";
    internal const string InputTypeUnknown = "PPL507";
    internal const string InputRuleMisplaced = "PPL508";
    internal const string NameRepeated = "PPL509";
    internal const string GroupWithoutTasks = "PPL510";
    internal const string ToolUnknown = "PPL511";
    internal const string PermissionModeUnknown = "PPL512";
    internal const string TemplateInputUnknown = "PPL513";
    internal const string ChecksumMalformed = "PPL514";
    internal const string LockFormatUnknown = "PPL515";
    internal const string BranchAndTag = "PPL516";
    internal const string PackageTaskDiffers = "PPL517";
    internal const string DefaultBreaksRules = "PPL518";

    // 521 and up are about workflows that use them.
    internal const string TaskNotFound = "PPL521";
    internal const string NoVersionFits = "PPL522";
    internal const string DependencyCycle = "PPL523";
    internal const string GroupNotFound = "PPL524";
    internal const string GroupTaskUnknown = "PPL525";
    internal const string GroupWorkflowUnknown = "PPL526";
    internal const string InputMissing = "PPL527";
    internal const string InputWrong = "PPL528";
    internal const string InputUndeclared = "PPL529";
    internal const string OverridesWithoutEmbed = "PPL530";
    internal const string OverrideUnknown = "PPL531";
    internal const string OverrideWrong = "PPL532";
    internal const string SourceNotTrusted = "PPL533";
    internal const string NotLocked = "PPL534";
    internal const string LockDiffers = "PPL535";
}
