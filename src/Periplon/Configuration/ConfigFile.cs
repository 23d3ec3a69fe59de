using System.Text.Json;
using Periplon.Core.Names;

namespace Periplon.Configuration;

/// <summary>
/// Reads the file's layer. Besides the documented shape it takes the two older shapes of a backend, <c>{"backend": {"backend":
/// "postgres", "url": …}}</c> and <c>{"backend": "postgres", "postgres": {"url": …}}</c>, and a few older names.
/// </summary>
internal sealed class ConfigFile
{
    private static readonly Dictionary<string, string> OlderNames = new(StringComparer.Ordinal)
    {
        ["server.workers"] = "worker.slots",
        ["server.worker_concurrency"] = "worker.slots",
        ["storage.connection_timeout"] = "storage.connection_timeout_secs",
        ["artifacts.base_path"] = "artifacts.path",
    };

    private static readonly Dictionary<string, string> Removed = new(StringComparer.Ordinal)
    {
        ["user_storage"] = "users are kept in the database of 'storage'; remove this section",
        ["queue.backend"] = "the queue is kept in the database of 'storage'; remove this key",
        ["storage.min_connections"] = "connections are opened when they are needed; remove this key",
        ["storage.idle_timeout"] = "idle connections are closed by themselves; remove this key",
    };

    private readonly string _file;
    private readonly ConfigLayers _layers;

    private ConfigFile(string file, ConfigLayers layers)
    {
        _file = file;
        _layers = layers;
    }

    public static void Read(string file, ConfigLayers layers)
    {
        try
        {
            using var document = JsonDocument.Parse(
                File.ReadAllBytes(file),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            new ConfigFile(file, layers).ReadSection(document.RootElement, ConfigSchema.Root, "", applies: true);
        }
        catch (JsonException exception)
        {
            layers.Report("", $"{file}({exception.LineNumber + 1},{exception.BytePositionInLine + 1}) is not JSON: {Reason(exception)}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            layers.Report("", $"{file} cannot be read: {exception.Message}");
        }
    }

    private void ReadSection(JsonElement element, SectionNode section, string writtenAs, bool applies)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            _layers.Report(writtenAs, $"expected an object with {Keys(section)}, found {element.GetRawText()}");
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            var path = Join(writtenAs, property.Name);
            if (!seen.Add(property.Name))
            {
                _layers.Report(path, "is given twice; keep one of the two");
            }
            else if (!(section.Path.Length == 0 && property.Name == "$schema"))
            {
                ReadProperty(property, section, path, element, applies);
            }
        }
    }

    private void ReadProperty(JsonProperty property, SectionNode section, string writtenAs, JsonElement parent, bool applies)
    {
        var path = Join(section.Path, property.Name);
        if (property.Value.ValueKind == JsonValueKind.Object
            && section.Children.GetValueOrDefault("backend") is SettingNode { Words: { } backends })
        {
            if (property.Name == "backend" && writtenAs == path)
            {
                ReadSection(property.Value, section, writtenAs, applies);
                return;
            }

            // Tables of other backends may stay in the file; they are checked, but only the chosen one's values count.
            if (backends.Contains(property.Name))
            {
                var chosen = parent.TryGetProperty("backend", out var backend) && backend.ValueEquals(property.Name);
                ReadSection(property.Value, section, writtenAs, applies && chosen);
                return;
            }
        }

        var node = OlderNames.TryGetValue(path, out var newer)
            ? ConfigSchema.Root.Find(newer)
            : section.Children.GetValueOrDefault(property.Name);
        switch (node)
        {
            case SectionNode child:
                ReadSection(property.Value, child, writtenAs, applies);
                break;
            case SettingNode when path == "server.workers" && property.Value.ValueKind == JsonValueKind.True:
                break; // Older files say with a bool whether the server also works; it does.
            case SettingNode setting when path == "server.workers" && property.Value.ValueKind == JsonValueKind.False:
                _layers.SetText(setting.Path, "0", writtenAs, new ConfigOrigin("file", _file));
                break;
            case SettingNode setting when applies:
                _layers.SetJson(setting, property.Value, writtenAs, _file);
                break;
            case SettingNode:
                break;
            default:
                _layers.Report(writtenAs, Removed.TryGetValue(path, out var reason) ? reason : Unknown(property.Name, section));
                break;
        }
    }

    private static string Unknown(string name, SectionNode section)
    {
        if (NearestName.Find(name, section.Children.Keys) is { } nearest)
        {
            return $"is not a known key; did you mean '{nearest}'?";
        }

        // The right key in the wrong section is a common mistake, and the list of keys would not help with it.
        var elsewhere = ConfigSchema.Settings.FirstOrDefault(setting => setting.Path.EndsWith("." + name, StringComparison.Ordinal));
        return "is not a known key; " + (elsewhere is null ? $"known are {Keys(section)}" : $"did you mean '{elsewhere.Path}'?");
    }

    private static string Keys(SectionNode section) => string.Join(", ", section.Children.Keys);

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    // The exception's text repeats line and position at its end.
    private static string Reason(JsonException exception)
    {
        var cut = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return cut < 0 ? exception.Message : exception.Message[..cut];
    }
}
