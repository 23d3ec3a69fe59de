using System.Text.RegularExpressions;

namespace Periplon.Engine.Storage;

/// <summary>One statement of a migration that is no transaction.</summary>
/// <param name="Sql">The statement.</param>
/// <param name="Repeats">Whether it is carried out until it changes no more rows.</param>
/// <param name="Index">The index that it builds beside the writers; null for others.</param>
internal sealed partial record MigrationStep(string Sql, bool Repeats, string? Index)
{
    private const string Repeat = "-- periplon: repeat";

    /// <summary>The statements of a file. Semicolons stand between them and nowhere else.</summary>
    public static IReadOnlyList<MigrationStep> Split(string sql) =>
    [
        .. from part in Comment().Replace(sql, match => match.Value.TrimEnd() == Repeat ? match.Value : "").Split(';')
           let repeats = part.Contains(Repeat, StringComparison.Ordinal)
           let statement = Comment().Replace(part, "").Trim()
           where statement.Length > 0
           select new MigrationStep(
               statement, repeats, ConcurrentIndex().Match(statement) is { Success: true } index ? index.Groups["name"].Value : null),
    ];

    [GeneratedRegex(@"--[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\Acreate (unique )?index concurrently if not exists (?<name>\w+)", RegexOptions.IgnoreCase)]
    private static partial Regex ConcurrentIndex();
}
