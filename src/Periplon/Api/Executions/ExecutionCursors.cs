using System.Buffers.Binary;
using System.Buffers.Text;
using Periplon.Api.Requests;
using Periplon.Engine.Storage;

namespace Periplon.Api.Executions;

/// <summary>Writes a place in the list as opaque text.</summary>
internal static class ExecutionCursors
{
    private const int Size = sizeof(long) + 16;

    public static string Write(ExecutionRow last)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(bytes, last.CreatedAt.UtcTicks);
        last.Id.TryWriteBytes(bytes[sizeof(long)..]);
        return Base64Url.EncodeToString(bytes);
    }

    public static ExecutionCursor? Read(string? text, QueryReader query)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[Size];
        if (Base64Url.IsValid(text, out var size) && size == Size && Base64Url.TryDecodeFromChars(text, bytes, out _))
        {
            var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
            if (ticks >= DateTimeOffset.MinValue.Ticks && ticks <= DateTimeOffset.MaxValue.Ticks)
            {
                return new ExecutionCursor(new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes[sizeof(long)..]));
            }
        }

        query.Refuse("cursor", $"'{text}' is not a cursor; give next_cursor of the page before as it is");
        return null;
    }
}
