namespace Periplon.Engine.Storage;

internal sealed partial class Migrator
{
    // The ASCII of "periplon". It is asked for again and again rather than waited for: who builds an index beside the writers waits for
    // everybody who waits inside a statement.
    private const long LockKey = 8099002322093696878;

    // How long a statement waits for a lock behind which others wait.
    private const string LockWait = "300ms";

    private const string PostgresTableSql = """
        create table if not exists schema_migrations (
          number     integer     primary key,
          name       text        not null,
          checksum   text        not null,
          applied_at timestamptz not null
        )
        """;

    private const string SqliteTableSql = """
        create table if not exists schema_migrations (
          number     integer primary key,
          name       text    not null,
          checksum   text    not null,
          applied_at integer not null
        )
        """;

    private const string SelectSql = "select number, name, checksum, applied_at from schema_migrations";

    private const string InsertSql =
        "insert into schema_migrations (number, name, checksum, applied_at) values (@number, @name, @checksum, @at)";

    private const string DeleteSql = "delete from schema_migrations where number = @number";
}
