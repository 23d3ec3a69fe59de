using Periplon.Tests.Configuration;

namespace Periplon.Tests;

/// <summary>Compares a text with a file of this project; PERIPLON_UPDATE_GOLDEN=1 writes the file instead.</summary>
internal static class Golden
{
    public static void ShouldBeGolden(this string actual, string name)
    {
        var path = Repository.PathOf("tests/Periplon.Tests/" + name);
        if (Environment.GetEnvironmentVariable("PERIPLON_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        actual.ShouldBe(File.Exists(path) ? File.ReadAllText(path) : $"(there is no file {name})");
    }
}
