using System.Reflection;
using Periplon.Client.Executions;

namespace Periplon.Client.Tests;

/// <summary>What goes between silos is a contract: its names and numbers outlive a version of the program.</summary>
public sealed class ContractTests
{
    private static readonly Type[] Types = [.. typeof(IExecutionGrain).Assembly.GetTypes().Where(t => t.Namespace?.StartsWith("Periplon.Client", StringComparison.Ordinal) == true)];

    [Fact]
    public void GrainInterfaces_AndTheirMethods_HaveAliases()
    {
        var grains = Types.Where(t => t.IsInterface && typeof(IGrain).IsAssignableFrom(t)).ToList();
        grains.Count.ShouldBeGreaterThan(3);
        foreach (var grain in grains)
        {
            Alias(grain).ShouldBe($"Periplon.{grain.Name}");
            var methods = grain.GetMethods();
            methods.Select(Alias).ShouldAllBe(alias => alias != null, $"methods of {grain.Name}");
            methods.Select(Alias).Distinct().Count().ShouldBe(methods.Length);
        }
    }

    [Fact]
    public void Messages_HaveAnAliasAndNumberAllTheirProperties()
    {
        var messages = Types.Where(t => t.GetCustomAttribute<GenerateSerializerAttribute>() is not null).ToList();
        messages.Count.ShouldBeGreaterThan(10);
        foreach (var message in messages)
        {
            Alias(message).ShouldBe($"Periplon.{message.Name}");
            if (message.IsEnum)
            {
                continue;
            }

            var ids = message.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .Select(p => p.GetCustomAttribute<IdAttribute>()?.Id).ToList();
            ids.ShouldAllBe(id => id != null, $"properties of {message.Name}");
            ids.Distinct().Count().ShouldBe(ids.Count);
        }
    }

    private static string? Alias(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias;
}
