using Periplon.Core.Executions;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Doctor;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Doctor;

public sealed class PostgresDoctorTests : DoctorConformance
{
    private protected override DatabaseKind Kind => DatabaseKind.Postgres;

    [Fact]
    public async Task Examine_AnotherProcessDoesSoAlready_IsRefusedUntilThatIsDone()
    {
        await using (var turn = (await ExaminationTurn.TryTakeAsync(World.Test.Database, Ct)).ShouldNotBeNull())
        {
            (await World.TryExamineAsync(true, false, "executions")).ShouldBeNull();
        }

        (await World.TryExamineAsync(true, false, "executions")).ShouldNotBeNull();
        (await World.TryExamineAsync(true, false, "executions")).ShouldNotBeNull("an examination gives its turn back");
    }

    [Fact]
    public async Task Partitions_ComingMonthIsMissing_IsCreated()
    {
        var month = new DateOnly(World.Time.GetUtcNow().Year, World.Time.GetUtcNow().Month, 1).AddMonths(1);
        var name = new MonthlyPartition("execution_logs", month).Name;
        await World.SqlAsync($"drop table {name}");
        await World.ShouldFindAndMendAsync("partitions", "partition_missing", $"partition {name}");
    }

    [Fact]
    public async Task Partitions_RowsOfAMonthInTheDefault_AreMovedToIt()
    {
        var id = await World.AddRunningAsync(new DateTimeOffset(2024, 3, 5, 0, 0, 0, TimeSpan.Zero));
        await World.ShouldFindAndMendAsync("partitions", "rows_in_default_partition", "partition execution_events_2024_03");
        (await World.SqlAsync($"select count(*) from execution_events_2024_03 where execution_id = '{id:D}'")).ShouldBe(2L);
    }

    [Fact]
    public async Task Cluster_LeftoversOfSilos_AreDeleted()
    {
        var old = World.Sql(World.Time.GetUtcNow().AddDays(-30));
        foreach (var (port, status) in new[] { (1, 6), (2, 3) })
        {
            await World.SqlAsync(
                "insert into orleansmembershiptable "
                + "(deploymentid, address, port, generation, siloname, hostname, status, starttime, iamalivetime) "
                + $"values ('d', '10.0.0.1', {port}, 5, 's', 'h', {status}, {old}, {old})");
        }

        await World.SqlAsync(
            "insert into orleansreminderstable (serviceid, grainid, remindername, starttime, period, grainhash, version) "
            + $"values ('s', 'queue/default/9', 'sweep', {old}, 60000, 1, 0), ('s', 'queue/default/1', 'sweep', {old}, 60000, 1, 0), "
            + $"('s', 'scheduler/1', 'schedules', {old}, 60000, 1, 0), ('s', 'scheduler/2', 'schedules', {old}, 60000, 1, 0)");

        var found = await World.ExamineAsync(true, false, "cluster");
        found.Findings.Select(each => (each.Finding.Code, each.Finding.Target, each.Outcome)).ShouldBe(
            [
                ("silo_silent", "silo 10.0.0.1:2@5", RepairOutcome.NotPossible),
                ("reminder_unknown", "reminder of queue/default/9", RepairOutcome.Repaired),
                ("reminder_unknown", "reminder of scheduler/2", RepairOutcome.Repaired),
                ("dead_silo_kept", "silo 10.0.0.1:1@5", RepairOutcome.Repaired),
            ]);
        (await World.CodesAsync("cluster")).ShouldBe(["silo_silent"]);
    }

    [Fact]
    public async Task Schema_PrimaryKeyIsGone_IsReported()
    {
        await World.SqlAsync("alter table task_cache drop constraint task_cache_pkey");
        await World.ShouldFindAsync("schema", "key_missing", "table task_cache");
    }

    [Fact]
    public async Task Schema_IndexThatCannotBeUsed_IsBuiltAnew()
    {
        await World.SqlAsync("update pg_index set indisvalid = false where indexrelid = 'executions_parent'::regclass");
        await World.ShouldFindAndMendAsync("schema", "index_missing", "index executions_parent");
    }
}
