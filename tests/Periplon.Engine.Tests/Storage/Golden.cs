using System.Runtime.CompilerServices;

namespace Periplon.Engine.Tests.Storage;

/// <summary>Expected texts beside the tests. With PERIPLON_UPDATE_GOLDEN=1 they are written anew, for a person to review.</summary>
internal static class Golden
{
    public static string Folder([CallerFilePath] string caller = "") => Path.GetDirectoryName(caller)!;

    public static async Task MatchesAsync(string file, string actual)
    {
        actual = actual.ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("PERIPLON_UPDATE_GOLDEN") == "1")
        {
            await File.WriteAllTextAsync(file, actual);
        }

        actual.ShouldBe(await File.ReadAllTextAsync(file));
    }
}
