using Periplon.Core.Workflows;
using Periplon.Engine.Files;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tasks.Done;

/// <summary>Criteria about files and texts. Each method says why a criterion is not met; null when it is.</summary>
internal static class FileCriteria
{
    /// <summary>Largest file or output that is searched, in bytes.</summary>
    internal const int MostBytes = 16 * 1024 * 1024;

    internal static string? Exists(string path, string directory)
    {
        var full = Path.GetFullPath(path, directory);
        return Path.Exists(full) ? null : $"there is no {full}";
    }

    internal static string? IsDirectory(string path, string directory)
    {
        var full = Path.GetFullPath(path, directory);
        return Directory.Exists(full) ? null : File.Exists(full) ? $"{full} is a file" : $"there is no {full}";
    }

    internal static string? Contains(DoneCriterion.FileContains criterion, string directory)
    {
        var pattern = new BoundedPattern(criterion.Pattern);
        return Read(criterion.Path, directory, out var problem) is not { } text ? problem : pattern.IsMatch(text) switch
        {
            true => null,
            false => $"the file does not contain {Describe(pattern)}",
            null => TookTooLong(pattern),
        };
    }

    internal static string? DoesNotContain(DoneCriterion.FileNotContains criterion, string directory)
    {
        var pattern = new BoundedPattern(criterion.Pattern);
        return Read(criterion.Path, directory, out var problem) is not { } text ? problem : pattern.IsMatch(text) switch
        {
            false => null,
            true => $"the file contains {Describe(pattern)}",
            null => TookTooLong(pattern),
        };
    }

    internal static string? FileHolds(string path, string pattern, string directory) =>
        Read(path, directory, out var problem) is not { } text ? problem
        : text.Contains(pattern, StringComparison.Ordinal) ? null : $"the file does not hold the text '{pattern}'";

    private static string Describe(BoundedPattern pattern) =>
        pattern.IsPlainText ? $"the text '{pattern.Text}' (it is no regular expression)" : $"a match of '{pattern.Text}'";

    private static string TookTooLong(BoundedPattern pattern) =>
        $"the search for '{pattern.Text}' took longer than {pattern.Limit.TotalSeconds} s; write a simpler expression";

    // By what can be read, not by the length that is told: special files tell none and may never end.
    private static string? Read(string path, string directory, out string? problem)
    {
        var full = Path.GetFullPath(path, directory);
        problem = null;
        try
        {
            if (!File.Exists(full))
            {
                problem = Directory.Exists(full) ? $"{full} is a directory" : $"there is no {full}";
                return null;
            }

            if (RegularFile.ReadBytes(full, MostBytes) is { } content)
            {
                return Utf8Text.Decode(content);
            }

            problem = $"{full} has more than {MostBytes} bytes, which are not searched";
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"{full} cannot be read: {exception.Message}";
            return null;
        }
    }
}
