using System.Text.Json;
using Periplon.Core.Names;

namespace Periplon.Configuration;

/// <summary>
/// Reads the configuration from its layers, later ones winning: defaults, file, <c>DATABASE_URL</c>, <c>PERIPLON__SECTION__KEY</c>,
/// options of the command line.
/// </summary>
internal static class ConfigLoader
{
    private const string Prefix = "PERIPLON__";

    /// <summary>Reads and checks everything; all mistakes are reported together.</summary>
    public static ConfigResult Load(ConfigSources sources)
    {
        var layers = new ConfigLayers(sources.Variables);
        var file = FindFile(sources, layers);
        if (file is not null)
        {
            ConfigFile.Read(file, layers);
        }

        AddDatabaseUrl(sources.Variables, layers);
        AddVariables(sources.Variables, layers);
        foreach (var argument in sources.Arguments)
        {
            layers.SetText(argument.Path, argument.Value, argument.Option, new ConfigOrigin("argument", argument.Option));
        }

        var config = layers.Build();
        ConfigChecks.Check(config, layers, sources.Directory);
        return new ConfigResult(layers.Problems.Count == 0 ? config : null, layers.Problems, layers.Origins, file);
    }

    private static string? FindFile(ConfigSources sources, ConfigLayers layers)
    {
        var path = Path.GetFullPath(sources.File ?? ConfigSources.DefaultFile, sources.Directory);
        if (File.Exists(path))
        {
            return path;
        }

        if (sources.File is not null)
        {
            layers.Report("", $"the configuration file {path} does not exist");
        }

        return null;
    }

    // Platforms hand out this variable and nothing else, so it must be enough by itself, also beside the shipped file.
    private static void AddDatabaseUrl(IReadOnlyDictionary<string, string> variables, ConfigLayers layers)
    {
        if (variables.TryGetValue("DATABASE_URL", out var url) && url.Length > 0)
        {
            var origin = new ConfigOrigin("env", "DATABASE_URL");
            layers.SetText("storage.backend", "postgres", "DATABASE_URL", origin);
            layers.SetText("storage.url", url, "DATABASE_URL", origin);
        }
    }

    private static void AddVariables(IReadOnlyDictionary<string, string> variables, ConfigLayers layers)
    {
        foreach (var (name, text) in variables
            .Where(pair => pair.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var path = string.Join('.', name[Prefix.Length..].ToLowerInvariant().Split("__"));
            var node = ConfigSchema.Root.Find(path);
            if (node is SettingNode)
            {
                layers.SetText(path, text, name, new ConfigOrigin("env", name));
                continue;
            }

            var nearest = NearestName.Find(path, ConfigSchema.Settings.Select(setting => setting.Path));
            layers.Report(name, node is SectionNode
                ? $"'{path}' is a section, not a setting"
                : $"there is no setting '{path}'" + (nearest is null ? "" : $"; did you mean {VariableOf(nearest)}?"));
        }
    }

    private static string VariableOf(string path) => Prefix + path.ToUpperInvariant().Replace(".", "__", StringComparison.Ordinal);
}
