using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Periplon.Engine.Storage;

/// <summary>One numbered step of the schema.</summary>
internal sealed record Migration(int Number, string Name, string Up, string Down)
{
    /// <summary>First line of a file whose statements are carried out one by one, so that none holds others up for long.</summary>
    internal const string NoTransaction = "-- periplon: no transaction";

    private const string UpSuffix = ".up.sql";
    private const string DownSuffix = ".down.sql";

    public string FileName => $"{Number:D3}_{Name}";

    /// <summary>SHA-256 of the upward file, whatever its line ends.</summary>
    public string Checksum { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Up.ReplaceLineEndings("\n"))));

    /// <summary>
    /// The statements, to be carried out one by one with no transaction around them; null when the file is one transaction. Each may be
    /// carried out again after it was broken off.
    /// </summary>
    public IReadOnlyList<MigrationStep>? Steps { get; } = Up.TrimStart().StartsWith(NoTransaction, StringComparison.Ordinal)
        ? MigrationStep.Split(Up)
        : null;

    /// <summary>The migrations in this assembly, in order.</summary>
    public static IReadOnlyList<Migration> LoadEmbedded(DatabaseKind kind)
    {
        var folder = kind is DatabaseKind.Sqlite ? "sql/sqlite/" : "sql/postgres/";
        var files = typeof(Migration).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);

        var migrations = new List<Migration>();
        foreach (var file in files.Where(name => name.EndsWith(UpSuffix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            var stem = file[folder.Length..^UpSuffix.Length];
            var down = folder + stem + DownSuffix;
            if (!files.Contains(down))
            {
                throw new MigrationException($"Migration {stem} has no file {stem}{DownSuffix}");
            }

            var number = int.Parse(stem.AsSpan(0, stem.IndexOf('_', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
            migrations.Add(new(number, stem[(stem.IndexOf('_', StringComparison.Ordinal) + 1)..], Read(file), Read(down)));
        }

        return migrations;
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(Migration).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
