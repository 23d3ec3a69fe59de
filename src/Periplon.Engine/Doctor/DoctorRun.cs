using System.Data.Common;
using Microsoft.Extensions.Logging;
using Periplon.Engine.Audit;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>What is to be examined, and how.</summary>
internal sealed record DoctorRequest
{
    /// <summary>Names of the checks; empty means all.</summary>
    public IReadOnlyList<string> Checks { get; init; } = [];

    /// <summary>Whether what can be mended safely is mended. Default: false.</summary>
    public bool Repair { get; init; }

    /// <summary>Who asks, for the audit log. Default: doctor.</summary>
    public string Actor { get; init; } = "doctor";

    /// <summary>Most executions that are looked at, those that have not ended first; 0 means all. Default: 0.</summary>
    public long MaxExecutions { get; init; }
}

/// <summary>How one check went.</summary>
/// <param name="Name">Name of the check.</param>
/// <param name="Looked">How many things it looked at.</param>
/// <param name="Found">How many findings it had.</param>
/// <param name="IsComplete">Whether it looked at everything.</param>
/// <param name="Problem">Why it could not be carried out, or null.</param>
internal sealed record CheckSummary(string Name, long Looked, long Found, bool IsComplete, string? Problem);

/// <summary>What an examination has found.</summary>
internal sealed record DoctorReport
{
    public required DateTimeOffset StartedAt { get; init; }
    public required double Seconds { get; init; }
    public required string Database { get; init; }
    public required bool Repair { get; init; }
    public required IReadOnlyList<CheckSummary> Checks { get; init; }

    /// <summary>The findings; of those that are found very often, the first ones.</summary>
    public required IReadOnlyList<Examined> Findings { get; init; }

    /// <summary>Whether nothing worse than a notice is left.</summary>
    public bool IsHealthy => Checks.All(check => check.Problem is null)
        && !Findings.Any(each => each.Finding.Severity > FindingSeverity.Notice
            && each.Outcome is not (RepairOutcome.Repaired or RepairOutcome.Gone));
}

/// <summary>One check while it runs: takes its findings, mends them if that is asked for, and keeps the load low.</summary>
internal sealed partial class DoctorRun(Database database, DoctorRequest request, TimeProvider time, ILogger logger)
{
    private const int MostListed = 100;

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(5);

    private readonly List<Examined> _listed = [];

    /// <summary>Name of the check that runs now.</summary>
    public string Check { get; set; } = "";

    public DoctorRequest Request => request;

    public DateTimeOffset Now => time.GetUtcNow();

    public long Found { get; private set; }

    public bool IsComplete { get; set; } = true;

    public IReadOnlyList<Examined> Listed => _listed;

    /// <summary>Takes a finding.</summary>
    public async Task ReportAsync(Finding finding, CancellationToken cancellationToken)
    {
        Found++;
        RepairOutcome? outcome = request.Repair ? await RepairAsync(finding, cancellationToken) : null;
        if (_listed.Count < MostListed)
        {
            _listed.Add(new(Check, finding, outcome));
        }
    }

    /// <summary>Lets the database rest between two pages.</summary>
    public Task RestAsync(CancellationToken cancellationToken) => Task.Delay(Rest, time, cancellationToken);

    private async Task<RepairOutcome> RepairAsync(Finding finding, CancellationToken cancellationToken)
    {
        if (finding.Mend is not { } mend)
        {
            return RepairOutcome.NotPossible;
        }

        try
        {
            await using var session = await RepairSession.OpenAsync(database, cancellationToken);
            if (await mend(session, cancellationToken) is not { } mended)
            {
                return RepairOutcome.Gone;
            }

            var entry = new AuditEntry(
                finding.Organization, request.Actor, $"doctor.repair.{finding.Code}", finding.Target, mended.Before, mended.After);
            await AuditLog.WriteAsync(session.Connection, session.Transaction, entry, Now, cancellationToken);
            await session.CommitAsync(cancellationToken);
            return RepairOutcome.Repaired;
        }
        catch (Exception e) when (e is DbException or IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            LogFailed(e, finding.Code, finding.Target);
            return RepairOutcome.Failed;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The repair of {Code} at {Target} failed")]
    private partial void LogFailed(Exception exception, string code, string target);
}

/// <summary>One of the things that are examined.</summary>
internal interface IDoctorCheck
{
    /// <summary>Its name, by which it can be asked for.</summary>
    string Name { get; }

    /// <summary>Examines; returns how many things it has looked at.</summary>
    Task<long> RunAsync(DoctorRun run, CancellationToken cancellationToken);
}
