using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>Workflows without the revision they name, and active schedules that fire never or late.</summary>
internal sealed class DefinitionsCheck(Database database) : IDoctorCheck
{
    private const int PageSize = 500;

    private const string WorkflowsSql = """
        select w.id, w.organization, w.name, w.revision,
               exists (select 1 from workflow_versions v where v.workflow_id = w.id and v.revision = w.revision)
          from workflows w where w.id > @after order by w.id limit @limit
        """;

    private const string SchedulesSql = """
        select s.id, s.organization, s.next_fire_at,
               exists (select 1 from workflows w where w.id = s.workflow_id and {0})
          from schedules s where s.id > @after and s.is_active{1} and (s.end_at is null or s.end_at > @now) order by s.id limit @limit
        """;

    public string Name => "definitions";

    public async Task<long> RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        var looked = await WorkflowsAsync(run, cancellationToken);
        return await database.HasTableAsync("schedules", cancellationToken)
            ? looked + await SchedulesAsync(run, cancellationToken)
            : looked;
    }

    private async Task<long> WorkflowsAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        var (looked, after) = (0L, Guid.Empty);
        while (true)
        {
            var findings = new List<Finding>();
            var count = 0;
            await using (var connection = await database.Reads.OpenConnectionAsync(cancellationToken))
            {
                await using var command = connection.CreateCommand();
                command.CommandText = WorkflowsSql;
                command.AddId("after", after);
                command.AddInteger("limit", PageSize);
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                for (; await reader.ReadAsync(cancellationToken); count++)
                {
                    after = reader.GetGuid(0);
                    if (!reader.GetBoolean(4))
                    {
                        findings.Add(NoVersion(after, reader.GetString(1), reader.GetString(2), reader.GetInt32(3)));
                    }
                }
            }

            foreach (var finding in findings)
            {
                await run.ReportAsync(finding, cancellationToken);
            }

            looked += count;
            if (count < PageSize)
            {
                return looked;
            }

            await run.RestAsync(cancellationToken);
        }
    }

    private async Task<long> SchedulesAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        var isPostgres = database.Kind is DatabaseKind.Postgres;
        var sql = SchedulesSql.Replace("{0}", "not w.is_deleted", StringComparison.Ordinal)
            .Replace("{1}", isPostgres ? "" : " = 1", StringComparison.Ordinal);
        var (looked, after) = (0L, Guid.Empty);
        while (true)
        {
            var findings = new List<Finding>();
            var count = 0;
            await using (var connection = await database.Reads.OpenConnectionAsync(cancellationToken))
            {
                await using var command = connection.CreateCommand();
                command.CommandText = sql;
                command.AddId("after", after);
                command.AddTime("now", run.Now);
                command.AddInteger("limit", PageSize);
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                for (; await reader.ReadAsync(cancellationToken); count++)
                {
                    after = reader.GetGuid(0);
                    if (OfSchedule(after, reader.GetString(1), reader.FindTime(2), reader.GetBoolean(3), run.Now) is { } finding)
                    {
                        findings.Add(finding);
                    }
                }
            }

            foreach (var finding in findings)
            {
                await run.ReportAsync(finding, cancellationToken);
            }

            looked += count;
            if (count < PageSize)
            {
                return looked;
            }

            await run.RestAsync(cancellationToken);
        }
    }

    private static Finding? OfSchedule(Guid id, string organization, DateTimeOffset? next, bool hasWorkflow, DateTimeOffset now)
    {
        if (hasWorkflow && next >= now - ExecutionFindings.StuckAfter)
        {
            return null;
        }

        var (code, severity, found, matters, advice) = !hasWorkflow
            ? ("schedule_without_workflow", FindingSeverity.Warning, "The workflow it starts does not exist any more",
                "Each of its ticks fails", "Pause or delete the schedule")
            : next is null
                ? ("schedule_without_next", FindingSeverity.Error, "It is active and has no next time to fire",
                    "It never fires again", "Pause and resume the schedule, which works the next time out anew")
                : ("schedule_overdue", FindingSeverity.Error, $"It should have fired at {ExecutionFindings.Text(next)}",
                    "Nobody looks after its shard, so its executions are late", "Start a server, and look into the logs of those that run");
        return new()
        {
            Code = code, Severity = severity, Target = $"schedule {id:D}", Organization = organization, Found = found, Matters = matters,
            Advice = advice,
        };
    }

    private static Finding NoVersion(Guid id, string organization, string name, int revision) => new()
    {
        Code = "workflow_without_version",
        Severity = FindingSeverity.Error,
        Target = $"workflow {id:D}",
        Organization = organization,
        Found = $"Workflow '{name}' is at revision {revision}, which is not stored",
        Matters = "It cannot be started, shown or changed",
        Advice = "--repair takes it back to the newest revision that is stored; without one, restore it from a backup",
        Mend = async (session, cancellationToken) =>
        {
            await session.BeginAsync(cancellationToken);
            await using var command = session.Command("""
                update workflows set
                       version = (select v.version from workflow_versions v where v.workflow_id = workflows.id order by v.revision desc limit 1),
                       revision = (select max(v.revision) from workflow_versions v where v.workflow_id = workflows.id)
                 where id = @id and revision = @revision and exists (select 1 from workflow_versions v where v.workflow_id = workflows.id)
                   and not exists (select 1 from workflow_versions v where v.workflow_id = workflows.id and v.revision = workflows.revision)
                returning revision
                """);
            command.AddId("id", id);
            command.AddInteger("revision", revision);
            return await command.ExecuteScalarAsync(cancellationToken) is { } mended
                ? new($"{{\"revision\":{revision}}}", $"{{\"revision\":{mended}}}")
                : throw new InvalidOperationException($"Workflow {id} has no stored revision");
        },
    };
}
