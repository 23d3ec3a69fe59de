using System.Runtime.CompilerServices;

namespace Periplon.Core.Tests.Yaml;

/// <summary>Compares a text with the file beside its test; <c>PERIPLON_UPDATE_GOLDEN=1</c> writes the file instead.</summary>
internal static class Golden
{
    internal static TheoryData<string> Cases(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder(), folder)).Where(file => Path.GetExtension(file) is ".yaml" or ".json")
            .Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    internal static string Read(string folder, string name) => File.ReadAllText(Path.Combine(Folder(), folder, name));

    internal static void Matches(string folder, string name, string actual)
    {
        var file = Path.Combine(Folder(), folder, Path.ChangeExtension(name, ".expected.txt"));
        if (Environment.GetEnvironmentVariable("PERIPLON_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(file, actual);
        }

        File.Exists(file).ShouldBeTrue($"{file} is missing; run once with PERIPLON_UPDATE_GOLDEN=1 and review it.");
        actual.ShouldBe(File.ReadAllText(file));
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
