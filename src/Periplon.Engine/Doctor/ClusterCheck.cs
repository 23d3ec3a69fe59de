using System.Globalization;
using Periplon.Engine.Queue;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>What silos have left behind: members that are gone for long, reminders of partitions that are not there.</summary>
internal sealed class ClusterCheck(Database database, int partitions, int schedulers) : IDoctorCheck
{
    /// <summary>The status of a silo that is gone, in the membership table.</summary>
    internal const int Dead = 6;

    private const int Active = 3;

    // Orleans forgets the dead after a week by itself.
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromDays(8);
    private static readonly TimeSpan SilentAfter = TimeSpan.FromMinutes(5);

    public string Name => "cluster";

    public async Task<long> RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        if (database.Kind is not DatabaseKind.Postgres)
        {
            return 0; // One process, which forgets all that was before it starts.
        }

        var members = await ReadAsync(
            "select address || ':' || port || '@' || generation, status, iamalivetime from orleansmembershiptable",
            reader => (Name: reader.GetString(0), Status: reader.GetInt32(1), AliveAt: reader.GetTime(2)), cancellationToken);
        foreach (var member in members)
        {
            if (member.Status == Dead && member.AliveAt < run.Now - ForgottenAfter)
            {
                await run.ReportAsync(Leftover(member.Name, member.AliveAt), cancellationToken);
            }
            else if (member.Status == Active && member.AliveAt < run.Now - SilentAfter)
            {
                await run.ReportAsync(Silent(member.Name, member.AliveAt), cancellationToken);
            }
        }

        var reminders = await ReadAsync(
            "select grainid from orleansreminderstable", reader => reader.GetString(0), cancellationToken);
        foreach (var grain in reminders)
        {
            if (IsBeyond(grain, $"queue/{QueuePartitions.DefaultQueue}/", partitions))
            {
                await run.ReportAsync(UnknownReminder(grain, "a partition of the queue"), cancellationToken);
            }
            else if (IsBeyond(grain, "scheduler/", schedulers))
            {
                await run.ReportAsync(UnknownReminder(grain, "a scheduler"), cancellationToken);
            }
        }

        return members.Count + reminders.Count;
    }

    private async Task<List<T>> ReadAsync<T>(
        string sql, Func<System.Data.Common.DbDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static bool IsBeyond(string grain, string prefix, int count) =>
        grain.StartsWith(prefix, StringComparison.Ordinal)
        && int.TryParse(grain.AsSpan(prefix.Length), CultureInfo.InvariantCulture, out var number) && number >= count;

    private static Finding Leftover(string member, DateTimeOffset aliveAt) => new()
    {
        Code = "dead_silo_kept",
        Severity = FindingSeverity.Notice,
        Target = $"silo {member}",
        Found = $"It is dead and last said it was alive at {ExecutionFindings.Text(aliveAt)}",
        Matters = "Each silo reads all members again and again",
        Advice = "--repair deletes its row",
        Mend = DeleteMember(member, Dead),
    };

    private static Finding Silent(string member, DateTimeOffset aliveAt) => new()
    {
        Code = "silo_silent",
        Severity = FindingSeverity.Warning,
        Target = $"silo {member}",
        Found = $"It counts as active and last said it was alive at {ExecutionFindings.Text(aliveAt)}",
        Matters = "Either no other silo runs that could declare it dead, or it cannot reach the database",
        Advice = "The next silo that starts declares it dead",
    };

    private static Mend DeleteMember(string member, int status) => async (session, cancellationToken) =>
    {
        await session.BeginAsync(cancellationToken);
        await using var command = session.Command(
            "delete from orleansmembershiptable where address || ':' || port || '@' || generation = @member and status = @status");
        command.AddText("member", member);
        command.AddInteger("status", status);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 0 ? null : new(null, null);
    };

    private static Finding UnknownReminder(string grain, string what) => new()
    {
        Code = "reminder_unknown",
        Severity = FindingSeverity.Warning,
        Target = $"reminder of {grain}",
        Found = $"It wakes {what} that does not exist",
        Matters = "A grain without work is activated every minute",
        Advice = "--repair deletes it",
        Mend = async (session, cancellationToken) =>
        {
            await session.BeginAsync(cancellationToken);
            await using var command = session.Command("delete from orleansreminderstable where grainid = @grain");
            command.AddText("grain", grain);
            return await command.ExecuteNonQueryAsync(cancellationToken) == 0 ? null : new(null, null);
        },
    };
}
