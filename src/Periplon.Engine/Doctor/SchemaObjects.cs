using System.Text.RegularExpressions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Doctor;

/// <summary>What the migrations leave behind: names of tables, those with a key, statements of indexes, columns that were added
/// later.</summary>
internal sealed partial record SchemaObjects(
    IReadOnlySet<string> Tables, IReadOnlySet<string> Keyed, IReadOnlyDictionary<string, string> Indexes,
    IReadOnlyCollection<(string Table, string Column)> Columns)
{
    public static SchemaObjects Of(IReadOnlyList<Migration> migrations)
    {
        var tables = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var keyed = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var indexes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var owners = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var columns = new HashSet<(string Table, string Column)>();
        foreach (var migration in migrations)
        {
            foreach (var statement in StatementsOf(migration.Up))
            {
                if (CreateTable().Match(statement) is { Success: true } table)
                {
                    tables.Add(table.Groups["name"].Value);
                    if (statement.Contains("primary key", StringComparison.OrdinalIgnoreCase))
                    {
                        keyed.Add(table.Groups["name"].Value);
                    }
                }
                else if (CreateIndex().Match(statement) is { Success: true } index)
                {
                    indexes[index.Groups["name"].Value] = statement;
                    owners[index.Groups["name"].Value] = index.Groups["table"].Value;
                }
                else if (AddColumn().Match(statement) is { Success: true } column)
                {
                    columns.Add((column.Groups["table"].Value, column.Groups["name"].Value));
                }
                else if (Drop().Match(statement) is { Success: true } drop)
                {
                    var name = drop.Groups["name"].Value;
                    indexes.Remove(name);
                    tables.Remove(name);
                    keyed.Remove(name);
                    columns.RemoveWhere(each => each.Table == name);
                    foreach (var (gone, _) in owners.Where(each => each.Value == name).ToList())
                    {
                        indexes.Remove(gone);
                    }
                }
            }
        }

        return new(tables, keyed, indexes, columns);
    }

    // Texts and blocks in dollars hold semicolons of their own.
    private static IEnumerable<string> StatementsOf(string sql) =>
        Quoted().Replace(Comment().Replace(sql, ""), "''").Split(';').Select(each => each.Trim());

    [GeneratedRegex(@"--[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\$(?<tag>\w*)\$.*?\$\k<tag>\$", RegexOptions.Singleline)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\Acreate table (?<name>\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex CreateTable();

    [GeneratedRegex(@"\Acreate (unique )?index (concurrently )?(if not exists )?(?<name>\w+)\s+on (?<table>\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex CreateIndex();

    [GeneratedRegex(@"\Aalter table (?<table>\w+) add column (if not exists )?(?<name>\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex AddColumn();

    [GeneratedRegex(@"\Adrop (table|index) (concurrently )?(if exists )?(?<name>\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex Drop();
}
