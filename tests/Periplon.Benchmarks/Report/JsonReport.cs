using System.Buffers;
using System.Text;
using System.Text.Json;
using Periplon.Benchmarks.Measure;

namespace Periplon.Benchmarks.Report;

/// <summary>Results for programs.</summary>
internal static class JsonReport
{
    public static string Write(BenchOptions options, IReadOnlyList<BuildResult> builds)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("schema", 1);
            json.WriteString("database", options.IsPostgres ? BenchOptions.Postgres : BenchOptions.Sqlite);
            json.WriteNumber("silos", options.Silos);
            json.WriteNumber("clients", options.Clients);
            json.WriteNumber("seconds", options.Seconds);
            json.WriteNumber("warm_up_seconds", options.WarmUpSeconds);
            json.WriteNumber("runs", options.Runs);
            json.WriteStartArray("builds");
            foreach (var build in builds)
            {
                Write(json, build);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void Write(Utf8JsonWriter json, BuildResult build)
    {
        json.WriteStartObject();
        json.WriteString("program", build.Program);
        json.WriteStartArray("scenarios");
        foreach (var scenario in build.Scenarios)
        {
            json.WriteStartObject();
            json.WriteString("name", scenario.Name);
            json.WriteNumber("tasks", scenario.Tasks);
            json.WriteStartObject("figures");
            foreach (var figure in scenario.Figures)
            {
                Write(json, figure);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, FigureSummary figure)
    {
        json.WriteStartObject(figure.Name);
        json.WriteNumber("median", figure.Median);
        json.WriteNumber("min", figure.Min);
        json.WriteNumber("max", figure.Max);
        json.WriteStartArray("runs");
        foreach (var run in figure.Runs)
        {
            json.WriteNumberValue(run);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
