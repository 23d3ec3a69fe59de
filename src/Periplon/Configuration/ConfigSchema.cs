using System.Reflection;
using System.Text.Json;

namespace Periplon.Configuration;

/// <summary>The tree of known keys, read once from the records: the loader, <c>config show</c> and the tests all ask it.</summary>
internal static class ConfigSchema
{
    private static readonly Lazy<SectionNode> LazyRoot = new(() => Section("", "", typeof(PeriplonConfig), new PeriplonConfig()));

    public static SectionNode Root => LazyRoot.Value;

    /// <summary>All settings in declaration order.</summary>
    public static IEnumerable<SettingNode> Settings => SettingsOf(Root);

    private static SectionNode Section(string path, string name, Type type, object defaults)
    {
        var children = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(each => each.CanWrite))
        {
            var key = JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
            var childPath = path.Length == 0 ? key : $"{path}.{key}";
            var value = property.GetValue(defaults);
            children.Add(key, property.PropertyType.Name.EndsWith("Config", StringComparison.Ordinal)
                ? Section(childPath, property.Name, property.PropertyType, value!)
                : new SettingNode(childPath, property, value));
        }

        return new SectionNode(path, name, children);
    }

    private static IEnumerable<SettingNode> SettingsOf(ConfigNode node) =>
        node is SettingNode setting ? [setting] : ((SectionNode)node).Children.Values.SelectMany(SettingsOf);
}

/// <summary>A key of the configuration.</summary>
internal abstract record ConfigNode(string Path);

/// <summary>A key whose value is an object.</summary>
internal sealed record SectionNode(string Path, string Property, IReadOnlyDictionary<string, ConfigNode> Children) : ConfigNode(Path)
{
    /// <summary>The section or setting at a dotted path beneath this one.</summary>
    public ConfigNode? Find(string path)
    {
        ConfigNode? found = this;
        foreach (var key in path.Split('.'))
        {
            found = (found as SectionNode)?.Children.GetValueOrDefault(key);
        }

        return found;
    }
}

/// <summary>A key with a value of its own.</summary>
internal sealed record SettingNode(string Path, PropertyInfo Property, object? Default) : ConfigNode(Path)
{
    public Type Type { get; } = Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;

    /// <summary>Whether <c>null</c> is a value: exactly the settings whose default is none.</summary>
    public bool AllowsNull => Default is null;

    public bool IsSecret => Property.GetCustomAttribute<SecretAttribute>() is not null;
    public bool IsList => Type == typeof(IReadOnlyList<string>);
    public BetweenAttribute? Between => Property.GetCustomAttribute<BetweenAttribute>();
    public IReadOnlyList<string>? Words => Property.GetCustomAttribute<OneOfAttribute>()?.Words;

    /// <summary>What the setting allows, for messages.</summary>
    public string Allowed
    {
        get
        {
            var allowed = this switch
            {
                { IsList: true } => "a list of strings",
                { Words: { Count: 1 } words } => $"\"{words[0]}\"",
                { Words: { } words } => "one of " + string.Join(", ", words.Select(word => $"\"{word}\"")),
                _ when Type == typeof(bool) => "true or false",
                _ when Type == typeof(string) => "a string",
                _ => (Type == typeof(double) ? "a number" : "a whole number")
                    + (Between is { } range ? $" from {range.Min} to {range.Max}" : ""),
            };
            return AllowsNull ? allowed + ", or null" : allowed;
        }
    }
}
