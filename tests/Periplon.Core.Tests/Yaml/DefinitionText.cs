using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Yaml;

/// <summary>Writes a definition as indented text: every value that is not empty, so that golden files show the whole model.</summary>
internal static class DefinitionText
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static string Of(object definition)
    {
        var text = new StringBuilder();
        WriteFields(text, definition, 0);
        return text.ToString();
    }

    private static void WriteFields(StringBuilder text, object value, int depth)
    {
        foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.PropertyType != typeof(SourceMap) && property.GetIndexParameters().Length == 0)
            {
                Write(text, property.Name, property.GetValue(value), depth);
            }
        }
    }

    private static void Write(StringBuilder text, string name, object? value, int depth)
    {
        switch (value)
        {
            case null or ICollection { Count: 0 } or "":
                break;
            case string or bool or Enum or int or long or double or JsonElement:
                Line(text, depth, $"{name}: {Scalar(value)}");
                break;
            case IEnumerable items:
                if (items.Cast<object>().Any())
                {
                    Line(text, depth, name);
                    WriteItems(text, items, depth + 1);
                }

                break;
            default:
                Line(text, depth, $"{name}: {value.GetType().Name}");
                WriteFields(text, value, depth + 1);
                break;
        }
    }

    private static void WriteItems(StringBuilder text, IEnumerable items, int depth)
    {
        var index = 0;
        foreach (var item in items)
        {
            var type = item.GetType();
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>))
            {
                Write(text, (string)type.GetProperty("Key")!.GetValue(item)!, type.GetProperty("Value")!.GetValue(item), depth);
            }
            else
            {
                Write(text, $"[{index++}]", item, depth);
            }
        }
    }

    private static string Scalar(object value) => value switch
    {
        JsonElement json => json.GetRawText(),
        string text => JsonSerializer.Serialize(text, Plain),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static void Line(StringBuilder text, int depth, string line) => text.Append(' ', depth * 2).Append(line).Append('\n');
}
