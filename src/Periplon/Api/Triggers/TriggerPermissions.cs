namespace Periplon.Api.Triggers;

/// <summary>Permissions of the routes of triggers.</summary>
internal static class TriggerPermissions
{
    public const string Read = "trigger.read";
    public const string Write = "trigger.write";
}
