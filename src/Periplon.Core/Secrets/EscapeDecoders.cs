using System.Globalization;
using System.Text;

namespace Periplon.Core.Secrets;

/// <summary>Undoes the escapes of URLs, of JSON and shells, and of HTML. What is no escape stays as it is.</summary>
internal static class EscapeDecoders
{
    private static readonly (string Name, char Letter)[] Entities =
        [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("nbsp", '\u00a0')];

    private const int LongestEntity = 10;

    /// <summary>Percent escapes of either case; a plus sign is a space where <paramref name="plusIsSpace"/> says so.</summary>
    internal static DecodedView Percent<TView>(TView text, bool plusIsSpace)
        where TView : ITextView
    {
        var view = new DecodedView();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] is '%' && TryHex(text, at + 1, 2, out var value))
            {
                view.Add((byte)value, text.StartOf(at), text.EndOf(at + 2));
                at += 3;
            }
            else if (plusIsSpace && text[at] is '+')
            {
                view.Add((byte)' ', text.StartOf(at), text.EndOf(at));
                at++;
            }
            else
            {
                at += view.Copy(text, at);
            }
        }

        return view;
    }

    /// <summary>The <c>'\''</c> by which a shell writes a quote inside quotes, where a backslash alone stands for itself.</summary>
    internal static DecodedView Quotes<TView>(TView text)
        where TView : ITextView
    {
        var view = new DecodedView();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] is '\'' && at + 3 < text.Length && text[at + 1] is '\\' && text[at + 2] is '\'' && text[at + 3] is '\'')
            {
                view.Add((byte)'\'', text.StartOf(at), text.EndOf(at + 3));
                at += 4;
            }
            else
            {
                at += view.Copy(text, at);
            }
        }

        return view;
    }

    /// <summary>Backslash escapes of JSON, and of shells outside quotes.</summary>
    internal static DecodedView Backslash<TView>(TView text)
        where TView : ITextView
    {
        var view = new DecodedView();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] is '\\' && at + 1 < text.Length)
            {
                at += Unescape(text, at, view);
            }
            else
            {
                at += view.Copy(text, at);
            }
        }

        return view;
    }

    /// <summary>The entities of HTML that escape text: the five of XML, and numbers.</summary>
    internal static DecodedView Html<TView>(TView text)
        where TView : ITextView
    {
        var view = new DecodedView();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] is '&' && TryEntity(text, at, out var rune, out var length))
            {
                view.Add(rune, text.StartOf(at), text.EndOf(at + length - 1));
                at += length;
            }
            else
            {
                at += view.Copy(text, at);
            }
        }

        return view;
    }

    private static int Unescape<TView>(TView text, int at, DecodedView view)
        where TView : ITextView
    {
        var start = text.StartOf(at);
        var letter = text[at + 1];
        if (letter is 'u' && TryHex(text, at + 2, 4, out var unit))
        {
            if (char.IsHighSurrogate((char)unit) && at + 7 < text.Length && text[at + 6] is '\\' && text[at + 7] is 'u'
                && TryHex(text, at + 8, 4, out var low) && char.IsLowSurrogate((char)low))
            {
                view.Add(new Rune((char)unit, (char)low), start, text.EndOf(at + 11));
                return 12;
            }

            view.Add(Rune.TryCreate((char)unit, out var rune) ? rune : Rune.ReplacementChar, start, text.EndOf(at + 5));
            return 6;
        }

        if (letter is 'x' && TryHex(text, at + 2, 2, out var value))
        {
            view.Add((byte)value, start, text.EndOf(at + 3));
            return 4;
        }

        var plain = letter switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', _ => '\0' };
        if (plain is not '\0')
        {
            view.Add((byte)plain, start, text.EndOf(at + 1));
            return 2;
        }

        // Any other letter stands for itself, as shells write it.
        if (letter < 0x80)
        {
            view.Add((byte)letter, start, text.EndOf(at + 1));
            return 2;
        }

        return 1;
    }

    private static bool TryEntity<TView>(TView text, int at, out Rune rune, out int length)
        where TView : ITextView
    {
        (rune, length) = (default, 0);
        Span<char> body = stackalloc char[LongestEntity];
        var count = 0;
        while (count < LongestEntity && at + 1 + count < text.Length && text[at + 1 + count] is not ';' and < (char)0x80)
        {
            body[count] = text[at + 1 + count];
            count++;
        }

        if (count is 0 || at + 1 + count >= text.Length || text[at + 1 + count] is not ';')
        {
            return false;
        }

        length = count + 2;
        ReadOnlySpan<char> name = body[..count];
        if (name[0] is '#')
        {
            var isHex = name.Length > 1 && name[1] is 'x' or 'X';
            return int.TryParse(
                    isHex ? name[2..] : name[1..], isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture,
                    out var code)
                && Rune.TryCreate(code, out rune);
        }

        foreach (var (entity, letter) in Entities)
        {
            if (name.SequenceEqual(entity))
            {
                rune = new Rune(letter);
                return true;
            }
        }

        return false;
    }

    private static bool TryHex<TView>(TView text, int at, int digits, out int value)
        where TView : ITextView
    {
        value = 0;
        if (at + digits > text.Length)
        {
            return false;
        }

        for (var digit = at; digit < at + digits; digit++)
        {
            if (!char.IsAsciiHexDigit(text[digit]))
            {
                return false;
            }

            value = (value << 4) | Convert.ToInt32(text[digit] <= '9' ? text[digit] - '0' : (text[digit] | 0x20) - 'a' + 10);
        }

        return true;
    }
}
