using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Periplon.Engine.Doctor;

namespace Periplon.Api.Server;

internal sealed record DoctorObject(
    bool Healthy, DateTimeOffset StartedAt, double Seconds, string Database, bool Repair, IReadOnlyList<DoctorCheckObject> Checks,
    IReadOnlyList<FindingObject> Findings)
{
    public static DoctorObject From(DoctorReport report) => new(
        report.IsHealthy, report.StartedAt, Math.Round(report.Seconds, 3), report.Database, report.Repair,
        [.. report.Checks.Select(check => new DoctorCheckObject(check.Name, check.Looked, check.Found, check.IsComplete, check.Problem))],
        [.. report.Findings.Select(FindingObject.From)]);
}

/// <summary>One check: how much it has looked at and found, and whether it has seen everything.</summary>
internal sealed record DoctorCheckObject(string Name, long LookedAt, long Found, bool Complete, string? Problem);

/// <summary>A finding: what, where, why it matters, what can be done, and what was done.</summary>
internal sealed record FindingObject(
    string Check, string Code, string Severity, string Target, string? Organization, string Found, string Matters, string Advice,
    bool Repairable, string? Outcome)
{
    public static FindingObject From(Examined examined)
    {
        var finding = examined.Finding;
        return new(
            examined.Check, finding.Code, Word(finding.Severity.ToString()), finding.Target, finding.Organization, finding.Found,
            finding.Matters, finding.Advice, finding.Mend is not null, examined.Outcome is { } outcome ? Word(outcome.ToString()) : null);
    }

    private static string Word(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}

/// <summary>JSON of the doctor.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(DoctorObject))]
internal sealed partial class DoctorJson : JsonSerializerContext;

/// <summary>The same for people: letters of any language and quotes stay readable.</summary>
internal static class DoctorAnswers
{
    public static DoctorJson Json { get; } = new(
        new JsonSerializerOptions(DoctorJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
