using System.Text;

namespace Periplon.Commands;

/// <summary>Reads the text of a workflow from a file or from standard input, and says clearly what is no text.</summary>
internal static class WorkflowText
{
    /// <summary>The name that means standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>The most that a workflow may be, in bytes: far beyond a real one, so that a wrong file does not fill the memory.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    /// <summary>How messages name it.</summary>
    public static string NameOf(string file) => file == StandardInput ? "<stdin>" : file;

    /// <summary>Reads the text.</summary>
    /// <exception cref="CommandException">It is missing, a directory, not readable, too large, empty, or not UTF-8.</exception>
    public static string Read(CommandShell shell, string file)
    {
        try
        {
            using var stream = file == StandardInput ? shell.OpenInput() : Open(shell, file);
            return Decode(ReadAll(stream, NameOf(file)), NameOf(file));
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
            if (bytes.Length > MaxBytes)
            {
                throw new CommandException($"{name} is larger than {MaxBytes / 1024 / 1024} MiB, which no workflow is");
            }
        }

        return bytes.ToArray();
    }

    private static string Decode(byte[] bytes, string name)
    {
        ReadOnlySpan<byte> text = bytes;
        if (text is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new CommandException($"{name} is UTF-16 text; save it as UTF-8");
        }

        text = text is [0xEF, 0xBB, 0xBF, ..] ? text[3..] : text;
        if (text.IndexOf((byte)0) is var zero and >= 0)
        {
            throw new CommandException($"{name} is not text: line {LineOf(text, zero)} holds a zero byte");
        }

        if (Utf8Error(text) is var wrong and >= 0)
        {
            throw new CommandException(
                $"{name} is not UTF-8: the byte 0x{text[wrong]:x2} in line {LineOf(text, wrong)} begins no character; save it as UTF-8");
        }

        var decoded = Encoding.UTF8.GetString(text);
        return string.IsNullOrWhiteSpace(decoded)
            ? throw new CommandException($"{name} is empty; 'periplon template' prints a workflow to begin with")
            : decoded;
    }

    private static int LineOf(ReadOnlySpan<byte> text, int at) => text[..at].Count((byte)'\n') + 1;

    private static int Utf8Error(ReadOnlySpan<byte> text)
    {
        for (var at = 0; at < text.Length;)
        {
            if (Rune.DecodeFromUtf8(text[at..], out _, out var length) is not System.Buffers.OperationStatus.Done)
            {
                return at;
            }

            at += length;
        }

        return -1;
    }
}
