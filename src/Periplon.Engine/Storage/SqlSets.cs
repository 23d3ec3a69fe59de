using System.Data.Common;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Periplon.Engine.Storage;

/// <summary>Sets of ids as one parameter of a statement: an array on PostgreSQL, a JSON text on SQLite.</summary>
internal static class SqlSets
{
    /// <summary>Binds ids and returns the condition, to be put behind a column, that it is one of them.</summary>
    public static string AddIds(this DbCommand command, string name, IReadOnlyList<Guid> ids)
    {
        if (command is NpgsqlCommand postgres)
        {
            postgres.Parameters.Add(
                new NpgsqlParameter { ParameterName = name, Value = ids.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid });
            return $" = any(@{name})";
        }

        command.AddJson(name, JsonSerializer.Serialize(ids));
        return $" in (select value from json_each(@{name}))";
    }

    /// <summary>
    /// Binds the days of executions' ids on PostgreSQL, which finds the partitions by them, and returns the condition; SQLite has no use
    /// for it.
    /// </summary>
    public static string AddPartitions(this DbCommand command, IReadOnlyList<Guid> executionIds)
    {
        if (command is not NpgsqlCommand postgres)
        {
            return "";
        }

        postgres.Parameters.Add(new NpgsqlParameter
        {
            ParameterName = "days", Value = executionIds.Select(SqlValues.DayOf).Distinct().ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Date,
        });
        return " and created_on = any(@days)";
    }
}
