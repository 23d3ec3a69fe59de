namespace Periplon.Engine.Tasks.Outputs;

/// <summary>How many bytes the streams of one attempt may still keep in full.</summary>
internal sealed class SpoolBudget(long bytes)
{
    private long _left = bytes;

    internal bool IsExceeded { get; private set; }

    internal int Take(int wanted)
    {
        var left = Interlocked.Add(ref _left, -wanted);
        if (left >= 0)
        {
            return wanted;
        }

        IsExceeded = true;
        return (int)Math.Clamp(wanted + left, 0, wanted);
    }
}

/// <summary>Keeps a whole stream: a little in memory, more in a file of the attempt.</summary>
internal sealed class OutputSpool(string name, int memoryBytes, SpoolBudget budget, AttemptFiles files) : IDisposable
{
    private readonly MemoryStream _memory = new();
    private FileStream? _file;

    /// <summary>Why the file could not be written; null while all is well.</summary>
    internal string? Problem { get; private set; }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (Problem is not null || budget.Take(bytes.Length) is var taken && taken is 0)
        {
            return;
        }

        try
        {
            if (_file is null && _memory.Length + taken > memoryBytes)
            {
                // No buffer of its own: the chunks are large.
                _file = new FileStream(files.PathOf(name), new FileStreamOptions
                {
                    Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, BufferSize = 0, Options = FileOptions.DeleteOnClose,
                });
            }

            (_file ?? (Stream)_memory).Write(bytes[..taken]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Problem = exception.Message;
        }
    }

    /// <summary>What was kept, from its beginning.</summary>
    internal IEnumerable<Stream> Read()
    {
        _memory.Position = 0;
        yield return _memory;
        if (_file is not null)
        {
            _file.Position = 0;
            yield return _file;
        }
    }

    public void Dispose()
    {
        _memory.Dispose();
        _file?.Dispose();
    }
}
