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
}
