using System.Text;

namespace Periplon.Core.Secrets;

/// <summary>Finds secrets in a view of a text: as they are, in hexadecimal, and in Base64 of either alphabet at any alignment.</summary>
internal static class SecretSearch
{
    // A value of four bytes takes eight digits, or six characters of Base64.
    private const int MinHexRun = 8;
    private const int MinBase64Run = 6;

    internal static void Scan<TView>(TView text, SecretWindows windows, List<Stretch> found)
        where TView : ITextView
    {
        ScanBytes(text, windows, found);
        ScanRuns(text, windows, found);
    }

    private static void ScanBytes<TView>(TView text, SecretWindows windows, List<Stretch> found)
        where TView : ITextView
    {
        var scanner = new SecretScanner(windows, found);
        Span<byte> bytes = stackalloc byte[4];
        for (var at = 0; at < text.Length; at++)
        {
            var unit = text[at];
            if (unit < 0x80 || text is DecodedView)
            {
                scanner.Push((byte)unit, text.StartOf(at), text.EndOf(at));
                continue;
            }

            var isPair = char.IsHighSurrogate(unit) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]);
            var rune = isPair ? new Rune(unit, text[at + 1]) : Rune.TryCreate(unit, out var single) ? single : Rune.ReplacementChar;
            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
            {
                scanner.Push(value, text.StartOf(at), text.EndOf(isPair ? at + 1 : at));
            }

            at += isPair ? 1 : 0;
        }
    }

    private static void ScanRuns<TView>(TView text, SecretWindows windows, List<Stretch> found)
        where TView : ITextView
    {
        for (var start = 0; start < text.Length;)
        {
            var (end, hexStart) = (start, start);
            for (; end < text.Length && SixBits(text[end]) >= 0; end++)
            {
                if (!char.IsAsciiHexDigit(text[end]))
                {
                    ScanHex(text, hexStart, end, windows, found);
                    hexStart = end + 1;
                }
            }

            ScanHex(text, hexStart, end, windows, found);
            if (end - start >= MinBase64Run)
            {
                for (var phase = 0; phase < 4; phase++)
                {
                    ScanBase64(text, start + phase, end, windows, found);
                }
            }

            start = end + 1;
        }
    }

    private static void ScanHex<TView>(TView text, int start, int end, SecretWindows windows, List<Stretch> found)
        where TView : ITextView
    {
        for (var phase = 0; phase < 2 && end - start - phase >= MinHexRun; phase++)
        {
            var scanner = new SecretScanner(windows, found);
            for (var at = start + phase; at + 1 < end; at += 2)
            {
                scanner.Push((byte)((Digit(text[at]) << 4) | Digit(text[at + 1])), text.StartOf(at), text.EndOf(at + 1));
            }
        }
    }

    private static void ScanBase64<TView>(TView text, int start, int end, SecretWindows windows, List<Stretch> found)
        where TView : ITextView
    {
        var scanner = new SecretScanner(windows, found);
        var (bits, count) = (0, 0);
        for (var at = start; at < end; at++)
        {
            bits = (bits << 6) | SixBits(text[at]);
            count += 6;
            if (count >= 8)
            {
                count -= 8;
                scanner.Push((byte)(bits >> count), text.StartOf(at - 1), text.EndOf(PaddingAfter(text, at, end)));
                bits &= (1 << count) - 1;
            }
        }
    }

    // The padding says nothing, but looks lost without what it belongs to.
    private static int PaddingAfter<TView>(TView text, int at, int end)
        where TView : ITextView
    {
        var last = at;
        if (at == end - 1)
        {
            while (last + 1 < text.Length && last - at < 2 && text[last + 1] is '=')
            {
                last++;
            }
        }

        return last;
    }

    private static int Digit(char digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static int SixBits(char letter) => letter switch
    {
        >= 'A' and <= 'Z' => letter - 'A',
        >= 'a' and <= 'z' => letter - 'a' + 26,
        >= '0' and <= '9' => letter - '0' + 52,
        '+' or '-' => 62,
        '/' or '_' => 63,
        _ => -1,
    };
}
