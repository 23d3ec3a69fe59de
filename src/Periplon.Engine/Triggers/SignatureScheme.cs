namespace Periplon.Engine.Triggers;

/// <summary>Ways in which senders sign what they send.</summary>
internal enum SignatureScheme
{
    /// <summary>Header <c>X-Periplon-Signature: t=SECONDS,v1=HEX</c> over <c>SECONDS.BODY</c>.</summary>
    Periplon,
    /// <summary>Header <c>X-Hub-Signature-256: sha256=HEX</c> over the body; it holds no time.</summary>
    GitHub,
    /// <summary>Header <c>Stripe-Signature: t=SECONDS,v1=HEX</c> over <c>SECONDS.BODY</c>.</summary>
    Stripe,
    /// <summary>Headers <c>X-Slack-Signature: v0=HEX</c> and <c>X-Slack-Request-Timestamp</c> over <c>v0:SECONDS:BODY</c>.</summary>
    Slack,
}

/// <summary>What each scheme is called and which headers it uses.</summary>
internal static class SignatureSchemes
{
    public static IReadOnlyList<string> Words { get; } = ["periplon", "github", "stripe", "slack"];

    public static string ToWord(this SignatureScheme scheme) => Words[(int)scheme];

    public static SignatureScheme? Find(string word) =>
        Words.ToList().IndexOf(word) is >= 0 and var index ? (SignatureScheme)index : null;

    public static string HeaderOf(this SignatureScheme scheme) => scheme switch
    {
        SignatureScheme.Periplon => "x-periplon-signature",
        SignatureScheme.GitHub => "x-hub-signature-256",
        SignatureScheme.Stripe => "stripe-signature",
        _ => "x-slack-signature",
    };

    /// <summary>Whether the signature covers a time, so that an old message can be told.</summary>
    public static bool HasTime(this SignatureScheme scheme) => scheme is not SignatureScheme.GitHub;
}
