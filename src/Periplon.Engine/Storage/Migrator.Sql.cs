namespace Periplon.Engine.Storage;

internal sealed partial class Migrator
{
    // The number is the ASCII of "periplon"; the lock ends with the transaction.
    private const string PostgresTableSql = """
        select pg_advisory_xact_lock(8099002322093696878);
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
