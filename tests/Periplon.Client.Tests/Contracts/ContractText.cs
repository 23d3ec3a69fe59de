using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Orleans.CodeGeneration;
using Periplon.Client.Executions;

namespace Periplon.Client.Tests.Contracts;

/// <summary>
/// The contracts between silos as text: a block for each grain interface, message and enumeration, a line for each method, field and value.
/// </summary>
internal static class ContractText
{
    public static readonly IReadOnlyList<Type> Types =
    [
        .. typeof(IExecutionGrain).Assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith("Periplon.Client", StringComparison.Ordinal) == true && AliasOf(type) is not null)
            .OrderBy(AliasOf, StringComparer.Ordinal),
    ];

    public static bool IsUpdate => Environment.GetEnvironmentVariable("PERIPLON_UPDATE_GOLDEN") == "1";

    public static string PathOf(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, file);

    public static string? AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias;

    /// <summary>The contracts of this build.</summary>
    public static string Write()
    {
        var text = new StringBuilder();
        foreach (var type in Types)
        {
            var kind = type.IsInterface ? "interface" : type.IsEnum ? "enum" : "message";
            text.Append(kind).Append(' ').Append(AliasOf(type));
            if (type.IsInterface)
            {
                text.Append(" version ").Append(type.GetCustomAttribute<VersionAttribute>()?.Version ?? 0);
            }

            text.Append('\n');
            foreach (var line in LinesOf(type))
            {
                text.Append("  ").Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>The blocks of such a text: the version of an interface, 0 for others, and the lines.</summary>
    public static SortedDictionary<string, (int Version, HashSet<string> Lines)> Read(string text)
    {
        var blocks = new SortedDictionary<string, (int, HashSet<string>)>(StringComparer.Ordinal);
        HashSet<string> lines = [];
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith(' '))
            {
                lines.Add(line.Trim());
                continue;
            }

            var head = line.Split(" version ");
            blocks.Add(head[0], (head.Length > 1 ? int.Parse(head[1]) : 0, lines = []));
        }

        return blocks;
    }

    // A token that is added to a method or taken away changes nothing between versions.
    private static IEnumerable<string> LinesOf(Type type) =>
        type.IsEnum ? Enum.GetValues(type).Cast<object>().Select(value => $"{Convert.ToInt64(value)} {value}")
        : type.IsInterface ? type.GetMethods().OrderBy(AliasOf, StringComparer.Ordinal).Select(method =>
            $"{AliasOf(method)}({string.Join(", ", method.GetParameters().Where(p => p.ParameterType != typeof(CancellationToken)).Select(p => NameOf(p.ParameterType)))})"
            + $" : {NameOf(method.ReturnType)}")
        : type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Select(property => (property.GetCustomAttribute<IdAttribute>()!.Id, Property: property)).OrderBy(field => field.Id)
            .Select(field => $"{field.Id} {field.Property.Name} : {NameOf(field.Property.PropertyType)}");

    private static string NameOf(Type type) =>
        AliasOf(type) is { } alias ? alias
        : Nullable.GetUnderlyingType(type) is { } inner ? NameOf(inner) + "?"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;
}
