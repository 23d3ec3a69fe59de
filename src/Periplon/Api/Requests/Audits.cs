using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Engine.Audit;

namespace Periplon.Api.Requests;

/// <summary>Entries of the audit log about what callers have done.</summary>
internal static class Audits
{
    /// <summary>Notes that a caller has done something to an execution, a workflow or a bulk operation.</summary>
    public static Task AddAsync(this IAuditTrail trail, CallerIdentity caller, string action, string target, JsonObject? after = null) =>
        trail.AddAsync(new AuditEntry(
            caller.Organization, caller.User ?? "anonymous", action, target, null, after?.ToJsonString(JsonSerializerOptions.Default)));
}
