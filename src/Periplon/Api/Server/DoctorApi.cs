using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Periplon.Api.Requests;
using Periplon.Engine.Doctor;

namespace Periplon.Api.Server;

/// <summary>The doctor: examines the storage of a running server, and mends it when told to.</summary>
internal static class DoctorApi
{
    public static void MapDoctor(this IEndpointRouteBuilder app)
    {
        var doctor = app.MapGroup("/api/v1/doctor").WithTags("System").AnswersProblems();
        doctor.MapGet("", Examine).RequirePermission(Permissions.SystemAdmin);
        doctor.MapPost("/repair", Repair).RequirePermission(Permissions.SystemAdmin);
    }

    private static Task<Results<Ok<DoctorObject>, ApiProblem>> Examine(
        [FromQuery] string? check, [FromQuery(Name = "max_executions")] string? maxExecutions, CallerIdentity caller, DoctorDesk desk,
        CancellationToken cancellationToken) => RunAsync(check, maxExecutions, false, caller, desk, cancellationToken);

    private static Task<Results<Ok<DoctorObject>, ApiProblem>> Repair(
        [FromQuery] string? check, [FromQuery(Name = "max_executions")] string? maxExecutions, CallerIdentity caller, DoctorDesk desk,
        CancellationToken cancellationToken) => RunAsync(check, maxExecutions, true, caller, desk, cancellationToken);

    private static async Task<Results<Ok<DoctorObject>, ApiProblem>> RunAsync(
        string? check, string? maxExecutions, bool repair, CallerIdentity caller, DoctorDesk desk, CancellationToken cancellationToken)
    {
        var read = new QueryReader();
        var most = read.Integer("max_executions", maxExecutions, fallback: 0, min: 0, max: int.MaxValue);
        string[] names = check is null ? [] : check.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var unknown in names.Where(name => !desk.Names.Contains(name)))
        {
            read.Refuse("check", $"'{unknown}' is no check; there are {string.Join(", ", desk.Names)}");
        }

        read.ThrowIfRefused();
        var request = new DoctorRequest
        {
            Checks = names, Repair = repair, MaxExecutions = most, Actor = caller.User ?? "anonymous",
        };
        return await desk.TryExamineAsync(request, cancellationToken) is { } report
            ? TypedResults.Ok(DoctorObject.From(report))
            : ApiProblem.Conflict("This server's storage is being examined already, by it or by another process; wait until that is done");
    }
}

/// <summary>Lets one examination of this server run at a time, on SQLite too; those of others are kept apart by the database.</summary>
internal sealed class DoctorDesk(IDoctor doctor) : IDisposable
{
    private readonly SemaphoreSlim _free = new(1, 1);

    public IReadOnlyList<string> Names => doctor.Names;

    /// <summary>Examines, unless somebody does so already.</summary>
    public async Task<DoctorReport?> TryExamineAsync(DoctorRequest request, CancellationToken cancellationToken)
    {
        if (!await _free.WaitAsync(TimeSpan.Zero, cancellationToken))
        {
            return null;
        }

        try
        {
            return await doctor.ExamineAsync(request, cancellationToken);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();
}
