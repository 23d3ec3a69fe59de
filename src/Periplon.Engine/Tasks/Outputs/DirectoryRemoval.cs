using System.Diagnostics.CodeAnalysis;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Removes directories that tasks wrote into.</summary>
internal static class DirectoryRemoval
{
    /// <summary>Removes a directory and all below it, if it is there; false when something in it cannot be removed.</summary>
    internal static bool TryRemove(string directory, [NotNullWhen(false)] out Exception? problem)
    {
        problem = null;
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else was first.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = exception;
        }

        return problem is null;
    }
}
