using System.Data.Common;
using Microsoft.Extensions.Logging;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>Examines and mends the storage.</summary>
internal interface IDoctor
{
    /// <summary>Names of all checks, in their order.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Examines, and mends if that is asked for; null when this or another process examines the same database already.</summary>
    Task<DoctorReport?> ExamineAsync(DoctorRequest request, CancellationToken cancellationToken);
}

/// <summary>
/// Examines everything that must hold in storage, while the engine goes on, and mends what can be mended safely. It reads page by page on
/// one connection and rests in between, so that an examination of millions takes long and disturbs nobody.
/// </summary>
internal sealed class Doctor(Database database, IReadOnlyList<IDoctorCheck> checks, TimeProvider time, ILogger<Doctor> logger) : IDoctor
{
    public IReadOnlyList<string> Names { get; } = [.. checks.Select(check => check.Name)];

    public async Task<DoctorReport?> ExamineAsync(DoctorRequest request, CancellationToken cancellationToken)
    {
        await using var turn = await ExaminationTurn.TryTakeAsync(database, cancellationToken);
        if (turn is null)
        {
            return null;
        }

        var (startedAt, start) = (time.GetUtcNow(), time.GetTimestamp());
        var summaries = new List<CheckSummary>();
        var findings = new List<Examined>();
        foreach (var check in checks.Where(each => request.Checks.Count == 0 || request.Checks.Contains(each.Name)))
        {
            var run = new DoctorRun(database, request, time, logger) { Check = check.Name };
            var looked = 0L;
            string? problem = null;
            try
            {
                looked = await check.RunAsync(run, cancellationToken);
            }
            catch (Exception e) when (e is DbException or IOException or TimeoutException or UnauthorizedAccessException)
            {
                // One thing that cannot be looked at must not hide the others.
                problem = e.Message;
            }

            summaries.Add(new(check.Name, looked, run.Found, run.IsComplete && problem is null, problem));
            findings.AddRange(run.Listed);
        }

        return new()
        {
            StartedAt = startedAt, Seconds = time.GetElapsedTime(start).TotalSeconds,
            Database = database.Kind.ToString().ToLowerInvariant(), Repair = request.Repair, Checks = summaries,
            Findings = [.. findings.OrderByDescending(each => each.Finding.Severity)],
        };
    }
}
