using Periplon.Core.Yaml;

namespace Periplon.Commands;

/// <summary>Reads a workflow from a file or from standard input.</summary>
internal static class WorkflowFile
{
    /// <summary>The name that means standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>How messages name it.</summary>
    public static string NameOf(string file) => file == StandardInput ? "<stdin>" : file;

    /// <summary>Reads the bytes.</summary>
    /// <exception cref="CommandException">It is missing, a directory, not readable, too large, or empty.</exception>
    public static byte[] Read(CommandShell shell, string file)
    {
        try
        {
            using var stream = file == StandardInput ? shell.OpenInput() : Open(shell, file);
            var bytes = ReadAll(stream, NameOf(file));
            return bytes.AsSpan().Trim(" \t\r\n"u8).IsEmpty
                ? throw new CommandException($"{NameOf(file)} is empty; 'periplon template' prints a workflow to begin with")
                : bytes;
        }
        catch (UnauthorizedAccessException)
        {
            throw new CommandException($"{file} may not be read: permission denied");
        }
        catch (IOException exception)
        {
            throw new CommandException($"{NameOf(file)} cannot be read: {exception.Message}");
        }
    }

    private static FileStream Open(CommandShell shell, string file)
    {
        if (file.Length == 0)
        {
            throw new CommandException("the name of the file is empty");
        }

        var path = shell.PathOf(file);
        return File.Exists(path)
            ? File.OpenRead(path)
            : throw new CommandException(
                Directory.Exists(path) ? $"{file} is a directory; name a workflow file" : $"there is no file {path}");
    }

    private static byte[] ReadAll(Stream stream, string name)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[81_920];
        for (int count; (count = stream.Read(buffer)) > 0;)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > WorkflowText.MaxBytes)
            {
                throw new CommandException($"{name} is larger than {WorkflowText.MaxBytes / 1024 / 1024} MiB, which no workflow is");
            }
        }

        return bytes.ToArray();
    }
}
