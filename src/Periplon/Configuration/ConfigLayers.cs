using System.Text.Json;

namespace Periplon.Configuration;

/// <summary>Collects values, their origins and the mistakes while the layers are read.</summary>
internal sealed class ConfigLayers(IReadOnlyDictionary<string, string> variables)
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConfigOrigin> _origins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _writtenAs = new(StringComparer.Ordinal);
    private readonly List<ConfigProblem> _problems = [];

    public IReadOnlyDictionary<string, ConfigOrigin> Origins => _origins;
    public IReadOnlyList<ConfigProblem> Problems => _problems;

    public void Report(string path, string message) => _problems.Add(new ConfigProblem(path, message));

    /// <summary>
    /// Takes a value of the file; <paramref name="writtenAs"/> is its path there, which differs for accepted older shapes.
    /// </summary>
    public void SetJson(SettingNode setting, JsonElement element, string writtenAs, string file)
    {
        if (!_writtenAs.TryAdd(setting.Path, writtenAs))
        {
            Report(writtenAs, $"says the same as {_writtenAs[setting.Path]}; keep one of the two");
            return;
        }

        var missing = false;
        var problem = SettingReader.Read(setting, element, Fill, out var value);
        if (!missing)
        {
            Take(setting, value, problem, writtenAs, new ConfigOrigin("file", file));
        }

        string Fill(string text) => VariableText.Fill(text, variables, message =>
        {
            missing = true;
            Report(writtenAs, message);
        });
    }

    /// <summary>Takes the text of a variable or an option.</summary>
    public void SetText(string path, string text, string reportAs, ConfigOrigin origin)
    {
        var setting = (SettingNode)ConfigSchema.Root.Find(path)!;
        var problem = SettingReader.Read(setting, text, out var value);
        Take(setting, value, problem, reportAs, origin);
    }

    /// <summary>The configuration of all layers; settings with a mistake keep their default.</summary>
    public PeriplonConfig Build()
    {
        var config = new PeriplonConfig();
        foreach (var (path, value) in _values)
        {
            object owner = config;
            var node = ConfigSchema.Root;
            var keys = path.Split('.');
            foreach (var key in keys[..^1])
            {
                node = (SectionNode)node.Children[key];
                owner = owner.GetType().GetProperty(node.Property)!.GetValue(owner)!;
            }

            ((SettingNode)node.Children[keys[^1]]).Property.SetValue(owner, value);
        }

        return config;
    }

    private void Take(SettingNode setting, object? value, string? problem, string reportAs, ConfigOrigin origin)
    {
        if (problem is not null)
        {
            Report(reportAs, problem);
            return;
        }

        _values[setting.Path] = value;
        _origins[setting.Path] = origin;
    }
}
