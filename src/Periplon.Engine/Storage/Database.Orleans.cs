using System.Text.Json;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Storage;

namespace Periplon.Engine.Storage;

internal sealed partial class Database
{
    // The name under which the providers find Microsoft.Data.Sqlite.
    private const string SqliteInvariant = "System.Data.SQLite";
    private const string PostgresInvariant = "Npgsql";

    private string Invariant => Kind is DatabaseKind.Sqlite ? SqliteInvariant : PostgresInvariant;

    /// <summary>Keeps Orleans' grain state, reminders and, unless the silo is alone, its membership in this database.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="clustering">False for a silo that never meets another; the caller then sets up local clustering.</param>
    public void ConfigureOrleans(ISiloBuilder silo, bool clustering)
    {
        if (clustering)
        {
            silo.UseAdoNetClustering(options =>
            {
                options.Invariant = Invariant;
                options.DataSource = Engine;
            });
        }

        silo.UseAdoNetReminderService(options =>
        {
            options.Invariant = Invariant;
            options.DataSource = Engine;
        });
        ConfigureGrainStorage(silo);
    }

    /// <summary>Keeps Orleans' grain state in this database.</summary>
    public void ConfigureGrainStorage(ISiloBuilder silo) => silo.AddAdoNetGrainStorageAsDefault(options =>
    {
        options.Invariant = Invariant;
        options.DataSource = Engine;
        options.DeleteStateOnClear = true;
        options.GrainStorageSerializer = new JsonGrainStateSerializer();
    });
}

/// <summary>Grain state as JSON, which a person can read in the database.</summary>
internal sealed class JsonGrainStateSerializer : IGrainStorageSerializer
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input, Json));

    public T Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input.ToMemory().Span, Json)!;
}
