namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Keeps the first and the last bytes of a stream of any length, and never more memory than these take.</summary>
internal sealed class BoundedBuffer(int headCapacity, int tailCapacity)
{
    private const int FirstAllocation = 1024;

    private byte[] _head = [];
    private int _headLength;
    private byte[] _tail = [];
    private int _tailStart;
    private int _tailLength;

    /// <summary>Bytes that were appended.</summary>
    internal long Total { get; private set; }

    /// <summary>Whether bytes between head and tail are missing.</summary>
    internal bool HasGap => Total > _headLength + _tailLength;

    internal ReadOnlySpan<byte> Head => _head.AsSpan(0, _headLength);

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        Total += bytes.Length;
        var toHead = Math.Min(bytes.Length, headCapacity - _headLength);
        if (toHead > 0)
        {
            Grow(ref _head, _headLength + toHead, headCapacity);
            bytes[..toHead].CopyTo(_head.AsSpan(_headLength));
            _headLength += toHead;
        }

        AppendToTail(bytes[toHead..]);
    }

    internal byte[] Tail()
    {
        var tail = new byte[_tailLength];
        var first = Math.Min(_tailLength, _tail.Length - _tailStart);
        _tail.AsSpan(_tailStart, first).CopyTo(tail);
        _tail.AsSpan(0, _tailLength - first).CopyTo(tail.AsSpan(first));
        return tail;
    }

    private void AppendToTail(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > tailCapacity)
        {
            bytes = bytes[^tailCapacity..];
        }

        if (bytes.IsEmpty)
        {
            return;
        }

        // It wraps around only at full capacity, so growing is a plain copy.
        if (_tail.Length < tailCapacity)
        {
            Grow(ref _tail, Math.Min(_tailLength + bytes.Length, tailCapacity), tailCapacity);
        }

        var at = (_tailStart + _tailLength) % _tail.Length;
        var first = Math.Min(bytes.Length, _tail.Length - at);
        bytes[..first].CopyTo(_tail.AsSpan(at));
        bytes[first..].CopyTo(_tail);
        var excess = Math.Max(0, _tailLength + bytes.Length - _tail.Length);
        _tailStart = (_tailStart + excess) % _tail.Length;
        _tailLength += bytes.Length - excess;
    }

    private static void Grow(ref byte[] array, int needed, int capacity)
    {
        if (array.Length < needed)
        {
            Array.Resize(ref array, Math.Min(capacity, Math.Max(needed, Math.Max(FirstAllocation, array.Length * 2))));
        }
    }
}
