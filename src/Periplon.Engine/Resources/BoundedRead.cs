namespace Periplon.Engine.Resources;

/// <summary>Reads streams whose end is not to be trusted.</summary>
internal static class BoundedRead
{
    /// <summary>The whole stream; null when it is longer than <paramref name="max"/> bytes, of which no more are then read.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ToEndAsync(Stream stream, int max, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (all.Length + read > max)
            {
                return null;
            }

            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    /// <summary>The first bytes of a stream, which is read to its end so that its writer is never held up.</summary>
    public static async Task<byte[]> HeadAsync(Stream stream, int max, CancellationToken cancellationToken)
    {
        using var head = new MemoryStream();
        var buffer = new byte[4 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            head.Write(buffer, 0, (int)Math.Min(read, max - head.Length));
        }

        return head.ToArray();
    }
}
