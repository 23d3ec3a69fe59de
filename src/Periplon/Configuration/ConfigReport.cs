using System.Text.Json;
using System.Text.Json.Nodes;

namespace Periplon.Configuration;

/// <summary>The effective configuration as JSON, secrets masked.</summary>
internal static class ConfigReport
{
    /// <summary>The configuration in the shape of the file; with origins, each setting becomes <c>{"value", "origin"}</c>.</summary>
    public static JsonObject Render(PeriplonConfig config, ConfigResult result, bool origins) =>
        Render(ConfigSchema.Root, config, result, origins);

    private static JsonObject Render(SectionNode section, object owner, ConfigResult result, bool origins)
    {
        var rendered = new JsonObject();
        foreach (var (key, node) in section.Children)
        {
            rendered[key] = node switch
            {
                SectionNode child => Render(child, owner.GetType().GetProperty(child.Property)!.GetValue(owner)!, result, origins),
                SettingNode setting when origins => new JsonObject
                {
                    ["value"] = Value(setting, owner),
                    ["origin"] = result.OriginOf(setting.Path).ToString(),
                },
                _ => Value((SettingNode)node, owner),
            };
        }

        return rendered;
    }

    private static JsonNode? Value(SettingNode setting, object owner) => setting.Property.GetValue(owner) switch
    {
        null => null,
        string text => setting.IsSecret ? SecretMask.MaskSecret(text) : SecretMask.Mask(text),
        IReadOnlyList<string> list => new JsonArray([.. list.Select(item => (JsonNode)item)]),
        var value => JsonSerializer.SerializeToNode(value),
    };
}
