namespace Periplon.Engine.Storage;

internal sealed partial class WorkflowStore
{
    private const string SelectSql = """
        select id, organization, name, version, revision, description, tags, is_active, is_deleted, created_at, updated_at, created_by
          from workflows
        """;

    private const string InsertSql = """
        insert into workflows (id, organization, name, version, revision, description, tags, is_active, is_deleted, created_at, updated_at,
                               created_by)
        values (@id, @organization, @name, @version, @revision, @description, @tags, @is_active, @is_deleted, @created_at, @updated_at,
                @created_by)
        """;

    private const string UpdateSql = """
        update workflows
           set name = @name, version = @version, revision = @revision, description = @description, tags = @tags, is_active = @is_active,
               is_deleted = @is_deleted, updated_at = @updated_at
         where id = @id and organization = @organization and revision = @expected
        """;

    private const string InsertVersionSql = """
        insert into workflow_versions (workflow_id, revision, version, definition, sha256, created_at, created_by, resources)
        values (@workflow_id, @revision, @version, @definition, @sha256, @created_at, @created_by, @resources)
        """;

    private const string FindVersionSql = """
        select workflow_id, revision, version, definition, sha256, created_at, created_by, resources
          from workflow_versions where workflow_id = @id and revision = @revision
        """;

    private const string ListVersionsSql = """
        select workflow_id, revision, version, '', sha256, created_at, created_by, null
          from workflow_versions where workflow_id = @id order by revision desc
        """;

    private const string PostgresTagsSql = " and tags ?| @tags";

    private const string SqliteTagsSql =
        " and exists (select 1 from json_each(tags) where value in (select value from json_each(@tags)))";
}
