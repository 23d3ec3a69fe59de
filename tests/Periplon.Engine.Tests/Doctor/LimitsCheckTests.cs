using Periplon.Engine.Doctor;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Cluster;
using Periplon.Engine.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Periplon.Engine.Tests.Doctor;

/// <summary>Limits as a running silo stores them.</summary>
public sealed class LimitsCheckTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DatabaseKind.Sqlite)]
    [InlineData(DatabaseKind.Postgres)]
    internal async Task Limits_HolderThatIsGone_LosesItsPlace(DatabaseKind kind)
    {
        await using var cluster = await EngineCluster.StartAsync(kind, prepare: attempts => attempts.Hold("a"));
        var id = await cluster.RunAsync("concurrency: deploy", "a");
        await Eventually.TrueAsync("the place is stored", async () => await HoldersAsync(cluster) == 1);

        var doctor = new Engine.Doctor.Doctor(
            cluster.Database.Database, [new LimitsCheck(cluster.Database.Database)], TimeProvider.System,
            NullLogger<Engine.Doctor.Doctor>.Instance);
        (await doctor.ExamineAsync(new DoctorRequest(), Ct))!.Findings.ShouldBeEmpty();

        await cluster.Database.ScalarAsync($"delete from executions where id = '{id:D}'");
        var report = await doctor.ExamineAsync(new DoctorRequest { Repair = true }, Ct);
        report!.Findings.Select(each => (each.Finding.Code, each.Outcome)).ShouldBe([("limit_holder_gone", RepairOutcome.Repaired)]);
        (await HoldersAsync(cluster)).ShouldBe(0);
        (await doctor.ExamineAsync(new DoctorRequest(), Ct))!.Findings.ShouldBeEmpty();
    }

    private static async Task<long> HoldersAsync(EngineCluster cluster)
    {
        var payload = await cluster.Database.ScalarAsync("select payloadbinary from orleansstorage where graintypestring like '%concurrency%'");
        return payload is byte[] bytes && System.Text.Encoding.UTF8.GetString(bytes).Contains("askedAt", StringComparison.Ordinal) ? 1 : 0;
    }
}
