using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Engine.Tests.Schedules;

/// <summary>Rows of executions that schedules started; they have no journal.</summary>
internal static class ExecutionSamples
{
    public static Task<object?> AddExecutionAsync(this TestDatabase database, Guid id, string status, DateTimeOffset at)
    {
        var isOver = status is not ("queued" or "running");
        string Time(DateTimeOffset time) => database.Database.Kind is DatabaseKind.Postgres
            ? $"timestamptz '{time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z'"
            : $"{SqlValues.ToMicroseconds(time)}";
        return database.ScalarAsync($$"""
            insert into executions (id, organization, workflow_id, workflow_name, workflow_version, revision, status, priority, partition,
                                    trigger_type, inputs, retry_count, labels, created_at, completed_at, next_wake_at)
            values ('{{id:D}}', 'default', '{{Guid.NewGuid():D}}', 'w', '1', 1, '{{status}}', 0, 0, 'schedule', '{}', 0, '{}', {{Time(at)}},
                    {{(isOver ? Time(at) : "null")}}, {{(isOver ? "null" : Time(at.AddHours(1)))}})
            """);
    }
}
