using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Periplon.Client.Tests.Contracts;

/// <summary>A message with every field filled in, always with the same values.</summary>
internal static class SampleMessages
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 34, 56, 789, TimeSpan.Zero);

    public static object Of(Type type) => ValueOf(type, type.Name, 0)!;

    private static object? ValueOf(Type type, string name, int depth)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type switch
        {
            _ when type == typeof(string) => $"{name} ü",
            _ when type == typeof(Guid) => new Guid(name.Length, 7, 8, [1, 2, 3, 4, 5, 6, 7, 8]),
            _ when type == typeof(DateTimeOffset) => At.AddSeconds(name.Length),
            _ when type == typeof(TimeSpan) => TimeSpan.FromMilliseconds(1500 + name.Length),
            _ when type == typeof(ReadOnlyMemory<byte>) => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($$"""{"{{name}}":1}"""),
            _ when type == typeof(bool) => true,
            _ when type.IsEnum => Enum.GetValues(type).Cast<object>().Last(),
            _ when type.IsPrimitive => Convert.ChangeType(3 + name.Length, type),
            _ when IsListOf(type, out var item) => List(item, name, depth),
            _ when type.IsGenericType && type.Name.Contains("Dictionary") => Dictionary(type.GetGenericArguments(), name, depth),
            _ when depth > 3 => null,
            _ => Message(type, depth),
        };
    }

    private static bool IsListOf(Type type, out Type item)
    {
        item = type.IsArray ? type.GetElementType()! : type.IsGenericType ? type.GetGenericArguments()[0] : type;
        return type.IsArray || (type.IsGenericType && type.Name.StartsWith("IReadOnlyList", StringComparison.Ordinal));
    }

    private static IList List(Type item, string name, int depth)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item))!;
        if (ValueOf(item, name, depth + 1) is { } value)
        {
            list.Add(value);
        }

        return list;
    }

    private static IDictionary Dictionary(Type[] arguments, string name, int depth)
    {
        var dictionary = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
        dictionary.Add(ValueOf(arguments[0], name, depth + 1)!, ValueOf(arguments[1], name, depth + 1));
        return dictionary;
    }

    private static object Message(Type type, int depth)
    {
        var message = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(p => p.CanWrite))
        {
            property.SetValue(message, ValueOf(property.PropertyType, property.Name, depth + 1));
        }

        return message;
    }
}
