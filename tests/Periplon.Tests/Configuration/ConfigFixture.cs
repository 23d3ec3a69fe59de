using Periplon.Configuration;

namespace Periplon.Tests.Configuration;

/// <summary>A directory of its own with, perhaps, a configuration file.</summary>
internal sealed class ConfigFixture : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("periplon-config-").FullName;

    public Dictionary<string, string> Variables { get; } = [];

    public string Write(string json, string name = ConfigSources.DefaultFile)
    {
        var path = Path.Combine(Directory, name);
        File.WriteAllText(path, json);
        return path;
    }

    public ConfigResult Load(string? file = null, params ConfigArgument[] arguments) =>
        ConfigLoader.Load(new ConfigSources { File = file, Directory = Directory, Variables = Variables, Arguments = arguments });

    public PeriplonConfig LoadGood()
    {
        var result = Load();
        result.Problems.ShouldBeEmpty();
        return result.Config!;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}

internal static class Repository
{
    /// <summary>A file at the repository's root.</summary>
    public static string PathOf(string name)
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Periplon.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The tests run outside the repository");
        }

        return Path.Combine(directory, name);
    }
}
