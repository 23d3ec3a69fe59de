using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using Periplon.Core.Secrets;

namespace Periplon.Core.Tests.Secrets;

public sealed class SecretMaskTests
{
    private static readonly Gen<string> Secret = Gen.OneOf(
        Gen.String[Gen.Char["abcXYZ0189+/=&%?\"'\\ \u00e4\u20ac"], 8, 40],
        Gen.String[Gen.Char.AlphaNumeric, 8, 80]).Where(secret => secret.Trim() == secret);

    private static readonly Gen<string> Noise = Gen.String[Gen.Char["lmnopqrst ,.:;\n"], 0, 60];

    public static TheoryData<string, Func<string, string>> Forms => new()
    {
        { "plain", secret => secret },
        { "base64", secret => Base64(secret) },
        { "base64 without padding", secret => Base64(secret).TrimEnd('=') },
        { "base64url", secret => Base64(secret).TrimEnd('=').Replace('+', '-').Replace('/', '_') },
        { "percent", Uri.EscapeDataString },
        { "percent, lower case", secret => LowerEscapes(Uri.EscapeDataString(secret)) },
        { "percent, every byte", secret => string.Concat(Encoding.UTF8.GetBytes(secret).Select(b => $"%{b:X2}")) },
        { "form", WebUtility.UrlEncode },
        { "hex", secret => Convert.ToHexString(Encoding.UTF8.GetBytes(secret)) },
        { "lower-case hex", secret => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret)) },
        { "JSON", secret => JsonSerializer.Serialize(secret)[1..^1] },
        { "JSON, every character", secret => string.Concat(secret.Select(c => $"\\u{(int)c:x4}")) },
        { "JSON with slashes", secret => secret.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("/", "\\/") },
        { "JSON in JSON", secret => JsonSerializer.Serialize(JsonSerializer.Serialize(secret)[1..^1])[1..^1] },
        { "URL in JSON", secret => JsonSerializer.Serialize(Uri.EscapeDataString(secret))[1..^1] },
        { "shell", secret => secret.Replace("'", "'\\''") },
        { "HTML", WebUtility.HtmlEncode },
        { "HTML numbers", secret => string.Concat(secret.EnumerateRunes().Select(rune => $"&#x{rune.Value:X};")) },
        { "reversed", secret => new string([.. secret.Reverse()]) },
    };

    [Theory, MemberData(nameof(Forms), DisableDiscoveryEnumeration = true)]
    public void Mask_SecretInAnyForm_LeavesNothingOfIt(string name, Func<string, string> form) =>
        Gen.Select(Secret, Noise, Noise).Sample((secret, before, after) =>
        {
            var masked = new SecretMask([secret]).Mask($"{before} {form(secret)} {after}");

            masked.ShouldContain("***", customMessage: name);
            masked.Replace("***", "").Except($"{before} {after}=").ShouldBeEmpty($"{name}: {secret}");
        });

    [Fact]
    public void Mask_PartOfASecret_OfEightCharactersOrMore_IsHidden() => Gen.Select(
        Gen.String[Gen.Char.AlphaNumeric, 8, 80], Noise, Gen.Int[0, 72], Gen.Int[8, 80]).Sample((secret, noise, from, length) =>
        {
            from = Math.Min(from, secret.Length - 8);
            var part = secret.Substring(from, Math.Min(length, secret.Length - from));
            var mask = new SecretMask([secret]);

            mask.Mask($"{noise} {part} {noise}").ShouldBe($"{noise} *** {noise}");
            mask.Mask($"{noise} {Base64(part).TrimEnd('=')} {noise}").ShouldBe($"{noise} *** {noise}");
            mask.Mask($"{noise} {Convert.ToHexStringLower(Encoding.UTF8.GetBytes(part))} {noise}").ShouldBe($"{noise} *** {noise}");
        });

    [Fact]
    public void Mask_AnyText_LeavesNoEightCharactersOfASecret() => Gen.Select(
        Gen.String[Gen.Char["ab"], 8, 20].Array[1, 4], Gen.String[Gen.Char["ab,"], 0, 300]).Sample((secrets, text) =>
        {
            var masked = new SecretMask(secrets).Mask(text);

            foreach (var secret in secrets)
            {
                for (var at = 0; at + 8 <= secret.Length; at++)
                {
                    masked.ShouldNotContain(secret.Substring(at, 8));
                }
            }
        });

    [Fact]
    public void Mask_TextWithoutTheSecret_StaysAsItIs() => Gen.Select(Gen.String[Gen.Char["QWERTZUIOP"], 8, 40], Gen.String).Sample(
        (secret, text) => text.Contains(secret[..4], StringComparison.Ordinal) || new SecretMask([secret]).Mask(text) == text);

    [Fact]
    public void Mask_SecretInsideALongerBase64Text_LeavesAtMostItsEdges() =>
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 12, 60], Gen.String[Gen.Char.AlphaNumeric, 0, 7]).Sample((secret, user) =>
        {
            var header = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{secret}"));
            var masked = new SecretMask([secret]).Mask(header);

            masked.ShouldContain("***");
            masked.Replace("***", "").Length.ShouldBeLessThanOrEqualTo(Base64(user + ":").Length);
        });

    [Theory]
    [InlineData("hunt", "x hunt y", "x *** y")]
    [InlineData("hunt", "xhunty", "x***y")]
    [InlineData("hunt", "aHVudA==", "***")]
    [InlineData("hunt", "68756e74", "***")]
    [InlineData("42x", "a 42x, b42x 42xy", "a ***, b42x 42xy")]
    [InlineData("x", "x marks x", "x marks x")]
    [InlineData("", "nothing", "nothing")]
    [InlineData("   ", "a    b", "a    b")]
    public void Mask_ShortValues_AreMaskedWholeOrAsWords(string secret, string text, string expected) =>
        new SecretMask([secret]).Mask(text).ShouldBe(expected);

    [Fact]
    public void Mask_OverlappingSecrets_CoversBoth() => new SecretMask(["abcdefgh", "defghijk"]).Mask("xabcdefghijkx").ShouldBe("x***x");

    [Fact]
    public void Mask_LinesOfAKey_AreSecretsToo() =>
        new SecretMask(["-----BEGIN-----\nline-one\nline-two\n"]).Mask("got line-two").ShouldBe("got ***");

    [Fact]
    public void Mask_IndentsOfAMultiLineSecret_StayInOtherTexts() =>
        new SecretMask(["{\n            \"key\": \"hunter22\"\n}"]).Mask("            text -------").ShouldBe("            text -------");

    [Fact]
    public void Mask_JsonValue_MasksStringsNumbersAndNames()
    {
        var value = JsonSerializer.Deserialize<JsonElement>("""{"token": "a hunter22 b", "list": [1, 7654321, "x"], "hunter22": "Q"}""");

        new SecretMask(["hunter22", "7654321", "Q"]).Mask(value).GetRawText()
            .ShouldBe("""{"token":"a *** b","list":[1,"***","x"],"***":"***"}""");
    }

    [Fact]
    public void SafeCut_NeverTearsASecret() => Gen.Select(Secret, Noise, Noise, Gen.Double[0, 1]).Sample((secret, before, after, at) =>
    {
        var mask = new SecretMask([secret]);
        var text = before + secret + after;
        var cut = mask.SafeCut(text, (int)(at * text.Length));

        (mask.Mask(text[..cut]) + mask.Mask(text[cut..])).ShouldBe(mask.Mask(text));
    });

    [Fact]
    public async Task Mask_ManySecretsAndALongText_Ends()
    {
        var mask = new SecretMask(Enumerable.Range(0, 200).Select(number => string.Concat(Enumerable.Repeat($"secret-{number}-", 40))));
        var text = string.Concat(Enumerable.Repeat("{\"line\": \"a\\nb & c %20 d+e\", \"id\": \"0123456789abcdef\"}\n", 40_000));

        (await Watchdog.RunAsync(() => mask.Mask(text))).ShouldBe(text);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string LowerEscapes(string escaped) =>
        System.Text.RegularExpressions.Regex.Replace(escaped, "%[0-9A-F]{2}", match => match.Value.ToLowerInvariant());
}
