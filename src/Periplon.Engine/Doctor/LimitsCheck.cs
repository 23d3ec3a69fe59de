using System.Text.Json;
using Periplon.Engine.Limits;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>Places under concurrency limits whose execution has ended or does not exist.</summary>
internal sealed class LimitsCheck(Database database) : IDoctorCheck
{
    // What an ended execution gives back is on its way for some moments.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    private const string SelectSql = """
        select grainidhash, graintypehash, graintypestring, grainidextensionstring, payloadbinary, version from orleansstorage
         where graintypestring like '%concurrency%' and payloadbinary is not null
        """;

    private const string UpdateSql = """
        update orleansstorage set payloadbinary = @payload, version = version + 1
         where grainidhash = @hash and graintypehash = @type_hash and graintypestring = @type and version = @version
           and coalesce(grainidextensionstring, '') = @key
        """;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public string Name => "limits";

    public async Task<long> RunAsync(DoctorRun run, CancellationToken cancellationToken)
    {
        var limits = await ReadAsync(cancellationToken);
        foreach (var limit in limits)
        {
            var holders = limit.State.Holders.Select(place => place.Execution).Distinct().ToList();
            var alive = await ReadAliveAsync(holders, run.Now - Grace, cancellationToken);
            var gone = holders.Where(id => !alive.Contains(id)).ToHashSet();
            if (gone.Count > 0)
            {
                await run.ReportAsync(Gone(limit, gone), cancellationToken);
            }

            if (limit.State.Holders.Count > limit.State.Limit)
            {
                await run.ReportAsync(TooMany(limit), cancellationToken);
            }

            await run.RestAsync(cancellationToken);
        }

        return limits.Count;
    }

    private async Task<List<StoredLimit>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = SelectSql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var limits = new List<StoredLimit>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (JsonSerializer.Deserialize<ConcurrencyState>(reader.GetFieldValue<byte[]>(4), Json) is { } state)
            {
                limits.Add(new(
                    reader.GetInt32(0), reader.GetInt32(1), reader.GetString(2), reader.FindString(3) ?? "", state, reader.GetInt32(5)));
            }
        }

        return limits;
    }

    private async Task<HashSet<Guid>> ReadAliveAsync(IReadOnlyList<Guid> ids, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"select id from executions where id{command.AddIds("ids", ids)} and (completed_at is null or completed_at > @since)";
        command.AddTime("since", since);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var alive = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            alive.Add(reader.GetGuid(0));
        }

        return alive;
    }

    private static Finding Gone(StoredLimit limit, HashSet<Guid> gone) => new()
    {
        Code = "limit_holder_gone",
        Severity = FindingSeverity.Warning,
        Target = $"limit {limit.Key}",
        Found = $"{gone.Count} of its {limit.State.Limit} places are held by executions that have ended or do not exist: "
            + string.Join(", ", gone.Take(5)),
        Matters = "Others have to wait until the limit itself finds out, which it does while somebody waits",
        Advice = "--repair frees the places; the limit reads them again with its next change",
        Mend = async (session, cancellationToken) =>
        {
            var before = JsonSerializer.Serialize(limit.State, Json);
            var after = JsonSerializer.Serialize(
                new ConcurrencyState
                {
                    Limit = limit.State.Limit, LimitSetAt = limit.State.LimitSetAt,
                    Holders = [.. limit.State.Holders.Where(place => !gone.Contains(place.Execution))],
                },
                Json);
            await session.BeginAsync(cancellationToken);

            // The version is the grain's own fence: who writes with the old one is refused and reads again.
            await using var command = session.Command(UpdateSql);
            var payload = command.CreateParameter();
            (payload.ParameterName, payload.Value) = ("payload", System.Text.Encoding.UTF8.GetBytes(after));
            command.Parameters.Add(payload);
            command.AddInteger("hash", limit.Hash);
            command.AddInteger("type_hash", limit.TypeHash);
            command.AddText("type", limit.Type);
            command.AddText("key", limit.Key);
            command.AddInteger("version", limit.Version);
            return await command.ExecuteNonQueryAsync(cancellationToken) == 0 ? null : new(before, after);
        },
    };

    private static Finding TooMany(StoredLimit limit) => new()
    {
        Code = "limit_exceeded",
        Severity = FindingSeverity.Notice,
        Target = $"limit {limit.Key}",
        Found = $"{limit.State.Holders.Count} hold one of its {limit.State.Limit} places",
        Matters = "That is right after the limit was lowered while they ran, and wrong otherwise",
        Advice = "Nothing has to be done: no place is given before enough have left",
    };

    private sealed record StoredLimit(int Hash, int TypeHash, string Type, string Key, ConcurrencyState State, int Version);
}
