using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Periplon.Core.Executions;

/// <summary>Ids of child executions: the same for the same attempt of the same task, and ordered by time like all (UUID version
/// 7).</summary>
public static class ChildIds
{
    /// <summary>The id of the child execution of an attempt.</summary>
    /// <param name="parent">The execution that asks for it.</param>
    /// <param name="task">Path of the asking task.</param>
    /// <param name="attempt">Its attempt.</param>
    /// <param name="at">When it was asked for.</param>
    public static Guid Of(Guid parent, string task, int attempt, DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{parent:N}/{task}/{attempt}"), bytes);
        Span<byte> time = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, at.ToUnixTimeMilliseconds());
        time[2..].CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes[..16], bigEndian: true);
    }
}
