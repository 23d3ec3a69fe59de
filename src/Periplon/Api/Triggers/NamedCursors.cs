using System.Buffers.Text;
using System.Text;
using Periplon.Api.Requests;

namespace Periplon.Api.Triggers;

/// <summary>Writes a place in a list as opaque text: a time, if the list goes by one, and a text.</summary>
internal static class NamedCursors
{
    public static string Write(DateTimeOffset at, string text) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{at.UtcTicks}:{text}"));

    public static (DateTimeOffset At, string Text)? Read(string? cursor, QueryReader query)
    {
        if (string.IsNullOrEmpty(cursor))
        {
            return null;
        }

        if (Base64Url.IsValid(cursor))
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split(':', 2);
            if (parts.Length == 2 && long.TryParse(parts[0], out var ticks) && ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks
                && !parts[1].Any(char.IsControl))
            {
                return (new DateTimeOffset(ticks, TimeSpan.Zero), parts[1]);
            }
        }

        query.Refuse("cursor", $"'{cursor}' is not a cursor; give next_cursor of the page before as it is");
        return null;
    }
}
