using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Periplon.Engine.Triggers;

/// <summary>
/// Checks the signature of a delivery: HMAC-SHA256 with a shared secret. Every secret is tried and every comparison runs to its end, so
/// that the time it takes says nothing about what was wrong.
/// </summary>
internal static class WebhookSignature
{
    private const string SlackTimeHeader = "x-slack-request-timestamp";

    // A header may repeat its signatures, one for each secret while the sender changes them; more than these nobody needs.
    private const int MostSignatures = 8;

    private static readonly SearchValues<char> _hexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Whether a delivery was signed with one of the secrets, and not too long ago.</summary>
    public static bool Verify(SignatureRule rule, IReadOnlyList<string> secrets, WebhookDelivery delivery, DateTimeOffset now)
    {
        var (time, signatures) = Read(rule.Scheme, delivery);
        var prefix = rule.Scheme switch
        {
            SignatureScheme.GitHub => "",
            SignatureScheme.Slack => $"v0:{time}:",
            _ => $"{time}.",
        };
        var valid = false;
        foreach (var secret in secrets)
        {
            var expected = Sign(secret, prefix, delivery.Body.Span);
            foreach (var signature in signatures)
            {
                valid |= CryptographicOperations.FixedTimeEquals(expected, signature);
            }
        }

        return valid && (!rule.Scheme.HasTime() || IsRecent(time, rule.ToleranceSecs, now));
    }

    /// <summary>The time that the signature covers, in seconds since 1970 as the sender wrote it; empty for a scheme without.</summary>
    public static string TimeOf(SignatureScheme scheme, WebhookDelivery delivery) => Read(scheme, delivery).Time;

    /// <summary>HMAC-SHA256 of a prefix and a body.</summary>
    public static byte[] Sign(string secret, string prefix, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.UTF8.GetBytes(prefix));
        hmac.AppendData(body);
        return hmac.GetHashAndReset();
    }

    private static (string Time, IReadOnlyList<byte[]> Signatures) Read(SignatureScheme scheme, WebhookDelivery delivery)
    {
        var header = delivery.Header(scheme.HeaderOf()) ?? "";
        switch (scheme)
        {
            case SignatureScheme.GitHub:
                return ("", Decode("sha256=", [header]));
            case SignatureScheme.Slack:
                return (delivery.Header(SlackTimeHeader) ?? "", Decode("v0=", [header]));
            default:
                var parts = header.Split(',', StringSplitOptions.TrimEntries);
                var time = parts.FirstOrDefault(part => part.StartsWith("t=", StringComparison.Ordinal));
                return (time?[2..] ?? "", Decode("v1=", parts));
        }
    }

    private static List<byte[]> Decode(string prefix, IEnumerable<string> parts)
    {
        var signatures = new List<byte[]>();
        foreach (var part in parts)
        {
            if (part.StartsWith(prefix, StringComparison.Ordinal) && part.Length == prefix.Length + (2 * SHA256.HashSizeInBytes)
                && part.AsSpan(prefix.Length).IndexOfAnyExcept(_hexDigits) < 0 && signatures.Count < MostSignatures)
            {
                signatures.Add(Convert.FromHexString(part.AsSpan(prefix.Length)));
            }
        }

        return signatures;
    }

    private static bool IsRecent(string time, int toleranceSecs, DateTimeOffset now) =>
        long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && Math.Abs((decimal)now.ToUnixTimeSeconds() - seconds) <= toleranceSecs;
}
