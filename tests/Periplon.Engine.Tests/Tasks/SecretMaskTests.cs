using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using Periplon.Engine.Tasks.Secrets;

namespace Periplon.Engine.Tests.Tasks;

public sealed class SecretMaskTests
{
    private static readonly Gen<string> Secret = Gen.OneOf(
        Gen.String[Gen.Char["abcXYZ0189+/=&%?\"'\\ \u00e4\u20ac"], 8, 40],
        Gen.String[Gen.Char.AlphaNumeric, 8, 80]).Where(secret => secret.Trim() == secret);

    private static readonly Gen<string> Noise = Gen.String[Gen.Char["lmnopqrst ,.:;\n"], 0, 60];

    [Fact]
    public void Mask_SecretAnywhere_LeavesNothingOfIt() => Gen.Select(Secret, Noise, Noise).Sample((secret, before, after) =>
        new SecretMask([secret]).Mask(before + secret + after).ShouldBe(before + "***" + after));

    [Fact]
    public void Mask_TransformedSecret_LeavesNothingOfIt() => Gen.Select(Secret, Noise, Noise).Sample((secret, before, after) =>
    {
        var mask = new SecretMask([secret]);
        var bytes = Encoding.UTF8.GetBytes(secret);
        string[] forms =
        [
            Convert.ToBase64String(bytes).TrimEnd('='), Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
            Uri.EscapeDataString(secret), WebUtility.UrlEncode(secret), Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes),
            JsonSerializer.Serialize(secret)[1..^1],
        ];
        foreach (var form in forms)
        {
            mask.Mask(before + form + after).ShouldBe(before + "***" + after);
        }
    });

    [Fact]
    public void Mask_SecretInsideALongerBase64Text_LeavesAtMostItsEdges() =>
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 12, 60], Gen.String[Gen.Char.AlphaNumeric, 0, 7]).Sample((secret, user) =>
        {
            var header = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{secret}"));
            var masked = new SecretMask([secret]).Mask(header);

            masked.ShouldContain("***");
            masked.Replace("***", "").Length.ShouldBeLessThanOrEqualTo(Convert.ToBase64String(Encoding.UTF8.GetBytes(user + ":")).Length + 8);
        });

    [Fact]
    public void Mask_OverlappingSecrets_CoversBoth() => new SecretMask(["abcdef", "defghi"]).Mask("xabcdefghix").ShouldBe("x***x");

    [Fact]
    public void Mask_LinesOfAKey_AreSecretsToo() =>
        new SecretMask(["-----BEGIN-----\nline-one\nline-two\n"]).Mask("got line-two").ShouldBe("got ***");

    [Fact]
    public void Mask_ShortValues_AreNotMasked() => new SecretMask(["abc", ""]).Mask("abc").ShouldBe("abc");

    [Fact]
    public void Mask_JsonValue_MasksStringsNumbersAndNames()
    {
        var value = TaskFixture.Json("""{"token": "a hunter22 b", "list": [1, 7654321, "x"], "hunter22": null}""");

        new SecretMask(["hunter22", "7654321"]).Mask(value).GetRawText().ShouldBe("""{"token":"a *** b","list":[1,"***","x"],"***":null}""");
    }

    [Fact]
    public void SafeCut_NeverTearsASecret() => Gen.Select(Secret, Noise, Noise, Gen.Double[0, 1]).Sample((secret, before, after, at) =>
    {
        var mask = new SecretMask([secret]);
        var text = before + secret + after;
        var cut = mask.SafeCut(text, (int)(at * text.Length));

        (mask.Mask(text[..cut]) + mask.Mask(text[cut..])).ShouldBe(before + "***" + after);
    });
}
