using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Periplon.Client.Executions;

/// <summary>Ids of executions and of whatever else is created under an idempotency key.</summary>
public static class ExecutionIds
{
    /// <summary>A new id: UUIDv7, so its first 48 bits are the time, by which the journal's tables are partitioned.</summary>
    /// <param name="time">Source of the time.</param>
    public static Guid New(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return Guid.CreateVersion7(time.GetUtcNow());
    }

    /// <summary>
    /// The id that belongs to an idempotency key: the same key in the same scope always gives the same id (UUIDv8 from SHA-256).
    /// </summary>
    /// <param name="organization">Organization of the caller.</param>
    /// <param name="scope">What is created, such as the method and route.</param>
    /// <param name="key">The caller's key.</param>
    /// <remarks>
    /// A repetition tomorrow must give the same id, so its first 48 bits cannot be the time of the request: they are the time of the key
    /// where that is a UUIDv7 (as <c>periplon start</c> sends), and zero otherwise, which storage keeps in its default partition. 74 bits
    /// of the hash remain, enough for a billion keys with a chance of 3 in 100,000 that any two collide; a collision is refused as a reused
    /// key, never merged.
    /// </remarks>
    public static Guid FromKey(string organization, string scope, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return FromKey(
            organization, scope, key, Guid.TryParse(key, out var parsed) && parsed.Version == 7 ? parsed : Guid.Empty);
    }

    /// <summary>
    /// The same with a time of the caller's, which has to be the same at each repetition; it says in which partition the id lies.
    /// </summary>
    /// <param name="organization">Organization of the caller.</param>
    /// <param name="scope">What is created.</param>
    /// <param name="key">The key within the scope.</param>
    /// <param name="at">The time.</param>
    public static Guid FromKey(string organization, string scope, string key, DateTimeOffset at) =>
        FromKey(organization, scope, key, Guid.CreateVersion7(at));

    private static Guid FromKey(string organization, string scope, string key, Guid timed)
    {
        ArgumentNullException.ThrowIfNull(organization);
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(key);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, organization);
        Append(hash, scope);
        Append(hash, key);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        var id = digest[..16];
        Span<byte> time = stackalloc byte[16];
        timed.TryWriteBytes(time, bigEndian: true, out _);
        time[..6].CopyTo(id);
        return Version8(id);
    }

    /// <summary>
    /// The id of the execution that a tick of a schedule starts: the same tick always gives the same id (UUIDv8 from SHA-256).
    /// </summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="tick">The tick.</param>
    /// <param name="time">The time for its first 48 bits, by which the journal's tables are partitioned; from 1970 on.</param>
    public static Guid ForTick(Guid schedule, DateTimeOffset tick, DateTimeOffset time)
    {
        Span<byte> source = stackalloc byte[24];
        schedule.TryWriteBytes(source, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(source[16..], tick.UtcTicks);
        Span<byte> id = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(source, id);
        Span<byte> milliseconds = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(milliseconds, Math.Max(0, time.ToUnixTimeMilliseconds()));
        milliseconds[2..].CopyTo(id);
        return Version8(id[..16]);
    }

    private static Guid Version8(Span<byte> id)
    {
        id[6] = (byte)((id[6] & 0x0F) | 0x80);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }

    // The length goes first, so that ("ab", "c") and ("a", "bc") differ.
    private static void Append(IncrementalHash hash, string part)
    {
        var bytes = Encoding.UTF8.GetBytes(part);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
