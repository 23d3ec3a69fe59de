using System.Text;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>The log of one attempt: masks what goes in, takes lines from several streams, and bounds their number and size.</summary>
internal sealed class AttemptLog(TaskContext context, TaskOptions options)
{
    private readonly Lock _lock = new();
    private long _lines;
    private long _bytes;
    private volatile bool _full;

    /// <summary>Whether further lines of streams are logged.</summary>
    internal bool HasRoom => !_full;

    /// <summary>Logs a line of a stream, unless the log is full.</summary>
    internal void Write(string stream, string line)
    {
        if (_full)
        {
            return;
        }

        var masked = context.Texts.Mask(line);
        lock (_lock)
        {
            if (_full)
            {
                return;
            }

            context.Log.Write(stream, masked);
            _lines++;
            _bytes += Encoding.UTF8.GetByteCount(masked);
            if (_lines >= options.MaxLogLines || _bytes >= options.MaxLogBytes)
            {
                _full = true;
                context.Log.Write("engine", $"Further lines are not logged: the attempt wrote {_lines} lines, {_bytes} bytes");
            }
        }
    }

    /// <summary>Logs a message of the engine.</summary>
    internal void Say(string message)
    {
        lock (_lock)
        {
            context.Log.Write("engine", context.Texts.Mask(message));
        }
    }
}
