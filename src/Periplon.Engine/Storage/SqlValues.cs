using System.Data.Common;
using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Periplon.Engine.Storage;

/// <summary>
/// Values on their way to and from the two databases. PostgreSQL has types for ids and times; SQLite keeps ids as lower-case text and
/// times as microseconds since 1970, which sort the same way.
/// </summary>
internal static class SqlValues
{
    public static void AddText(this DbCommand command, string name, string? value) =>
        command.AddTyped(name, value is null ? null : Storable(value), NpgsqlDbType.Text);

    public static void AddNumber(this DbCommand command, string name, long? value) => command.AddTyped(name, value, NpgsqlDbType.Bigint);

    public static void AddInteger(this DbCommand command, string name, int? value) => command.AddTyped(name, value, NpgsqlDbType.Integer);

    public static void AddFlag(this DbCommand command, string name, bool value) => command.AddTyped(name, value, NpgsqlDbType.Boolean);

    public static void AddJson(this DbCommand command, string name, string? value) => command.AddTyped(name, value, NpgsqlDbType.Jsonb);

    public static void AddId(this DbCommand command, string name, Guid? value) =>
        command.AddTyped(name, command is NpgsqlCommand ? value : ToText(value), NpgsqlDbType.Uuid);

    public static void AddTime(this DbCommand command, string name, DateTimeOffset? value) =>
        command.AddTyped(
            name, command is NpgsqlCommand ? value?.UtcDateTime : value is { } time ? ToMicroseconds(time) : null,
            NpgsqlDbType.TimestampTz);

    /// <summary>Binds the day of an execution's id on PostgreSQL, which finds the partition by it; SQLite has no use for it.</summary>
    public static string AddPartition(this DbCommand command, Guid executionId)
    {
        if (command is not NpgsqlCommand)
        {
            return "";
        }

        command.AddTyped("created_on", DayOf(executionId), NpgsqlDbType.Date);
        return " and created_on = @created_on";
    }

    public static DateTimeOffset GetTime(this DbDataReader reader, int ordinal) =>
        reader is NpgsqlDataReader
            ? new DateTimeOffset(reader.GetDateTime(ordinal), TimeSpan.Zero)
            : FromMicroseconds(reader.GetInt64(ordinal));

    public static DateTimeOffset? FindTime(this DbDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? null : reader.GetTime(ordinal);

    public static string? FindString(this DbDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    public static Guid? FindGuid(this DbDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetGuid(ordinal);

    public static string? ToText(Guid? id) => id?.ToString("D", CultureInfo.InvariantCulture);

    public static long ToMicroseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromMicroseconds(long value) => DateTimeOffset.UnixEpoch.AddTicks(value * TimeSpan.TicksPerMicrosecond);

    /// <summary>
    /// The day in an id: the first 48 bits of a UUIDv7, and of our ids made from idempotency keys, are milliseconds since 1970. It is the
    /// same for every row of an execution, whoever writes it and when.
    /// </summary>
    public static DateOnly DayOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = 0L;
        foreach (var part in bytes[..6])
        {
            milliseconds = (milliseconds << 8) | part;
        }

        // Ids of other kinds can say any year; all of them land in the default partition.
        return DateOnly.FromDateTime(DateTime.UnixEpoch.AddMilliseconds(Math.Min(milliseconds, MaxMilliseconds)));
    }

    /// <summary>Text that both databases take: PostgreSQL has no NUL, and half of a surrogate pair is no character.</summary>
    public static string Storable(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !text.Contains('\0', StringComparison.Ordinal))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append(rune.Value == 0 ? Rune.ReplacementChar.ToString() : rune.ToString());
        }

        return clean.ToString();
    }

    private const long MaxMilliseconds = 253_402_300_799_999; // The last millisecond of the year 9999.

    private static void AddTyped(this DbCommand command, string name, object? value, NpgsqlDbType type)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value ?? DBNull.Value;
        if (parameter is NpgsqlParameter typed)
        {
            typed.NpgsqlDbType = type;
        }

        command.Parameters.Add(parameter);
    }
}
