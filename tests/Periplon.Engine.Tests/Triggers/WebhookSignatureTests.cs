using System.Text;
using CsCheck;
using Periplon.Engine.Triggers;

namespace Periplon.Engine.Tests.Triggers;

public sealed class WebhookSignatureTests
{
    private const string Secret = "It's a Secret to Everybody";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    // The example that GitHub's documentation gives for receivers to test themselves with.
    [Fact]
    public void Verify_GitHubExample_IsValid()
    {
        var rule = new SignatureRule { Scheme = SignatureScheme.GitHub };
        var delivery = Delivery(
            "Hello, World!", ("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"));
        WebhookSignature.Verify(rule, [Secret], delivery, Now).ShouldBeTrue();
        WebhookSignature.Verify(rule, [Secret + "!"], delivery, Now).ShouldBeFalse();
    }

    // The example of Slack's documentation.
    [Fact]
    public void Verify_SlackExample_IsValid()
    {
        const string Body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
            + "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
            + "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
            + "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        var delivery = Delivery(
            Body, ("x-slack-request-timestamp", "1531420618"),
            ("x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"));
        var rule = new SignatureRule { Scheme = SignatureScheme.Slack };
        var then = DateTimeOffset.FromUnixTimeSeconds(1531420618);
        WebhookSignature.Verify(rule, ["8f742231b10e8888abcd99yyyzzz85a5"], delivery, then).ShouldBeTrue();
        WebhookSignature.Verify(rule, ["8f742231b10e8888abcd99yyyzzz85a5"], delivery, then.AddSeconds(301)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(300, true)]
    [InlineData(-300, true)]
    [InlineData(301, false)]
    [InlineData(-301, false)]
    public void Verify_TimeOfTheSignature_CountsWithinTheTolerance(int secondsLater, bool valid)
    {
        foreach (var scheme in new[] { SignatureScheme.Periplon, SignatureScheme.Stripe, SignatureScheme.Slack })
        {
            var delivery = Signed(scheme, "{}", Secret);
            WebhookSignature.Verify(new SignatureRule { Scheme = scheme }, [Secret], delivery, Now.AddSeconds(secondsLater))
                .ShouldBe(valid, scheme.ToString());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("t=1700000000")]
    [InlineData("t=1700000000,v1=")]
    [InlineData("t=1700000000,v1=zz")]
    [InlineData("v1=0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("t=1700000000,v1=0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("t=-1700000000,v1=0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("t=99999999999999999999,v1=0000000000000000000000000000000000000000000000000000000000000000")]
    public void Verify_HeaderThatIsNoSignature_IsRefused(string header) =>
        WebhookSignature.Verify(new SignatureRule(), [Secret], Delivery("{}", ("x-periplon-signature", header)), Now).ShouldBeFalse();

    [Fact]
    public void Verify_SeveralSecretsAndSignatures_OnePairIsEnough()
    {
        var good = Signed(SignatureScheme.Stripe, "{}", "new secret of the sender").Header("stripe-signature")!.Split(',')[1];
        var wrong = "v1=" + new string('0', 64);
        var delivery = Delivery("{}", ("stripe-signature", $"t={Now.ToUnixTimeSeconds()},{wrong},{good},v0=abc"));
        var rule = new SignatureRule { Scheme = SignatureScheme.Stripe };
        WebhookSignature.Verify(rule, ["old secret of the sender", "new secret of the sender"], delivery, Now).ShouldBeTrue();
        WebhookSignature.Verify(rule, ["old secret of the sender"], delivery, Now).ShouldBeFalse();
    }

    [Fact]
    public void Verify_AnyChangeOfBodyTimeOrSecret_IsRefused() =>
        Gen.Select(Gen.Byte.Array[1, 200], Gen.Int[0, 199], Gen.Int[0, 3]).Sample((body, place, scheme) =>
        {
            var rule = new SignatureRule { Scheme = (SignatureScheme)scheme };
            var text = Convert.ToHexString(body);
            var delivery = Signed(rule.Scheme, text, Secret);
            WebhookSignature.Verify(rule, [Secret], delivery, Now).ShouldBeTrue();
            WebhookSignature.Verify(rule, [Secret + "x"], delivery, Now).ShouldBeFalse();
            var changed = text.ToCharArray();
            changed[place % changed.Length] = changed[place % changed.Length] == 'A' ? 'B' : 'A';
            var headers = new[] { rule.Scheme.HeaderOf(), "x-slack-request-timestamp" }
                .Select(name => (name, delivery.Header(name))).Where(header => header.Item2 is not null)
                .Select(header => (header.name, header.Item2!)).ToArray();
            WebhookSignature.Verify(rule, [Secret], Delivery(new string(changed), headers), Now).ShouldBeFalse();
        });

    [Fact]
    public void KeyOf_SendersIdOrHash_NamesTheDelivery()
    {
        var plain = Delivery("{}");
        plain.KeyOf(SignatureScheme.Periplon, plain.ToDocument()).ShouldStartWith("body:");
        var named = Delivery("{}", ("x-github-delivery", "72d3162e"));
        named.KeyOf(SignatureScheme.GitHub, named.ToDocument()).ShouldBe("delivery:72d3162e");
        var stripe = Delivery("""{"id":"evt_1"}""");
        stripe.KeyOf(SignatureScheme.Stripe, stripe.ToDocument()).ShouldBe("delivery:evt_1");
        var slack = Delivery("""{"event_id":"Ev1"}""");
        slack.KeyOf(SignatureScheme.Slack, slack.ToDocument()).ShouldBe("delivery:Ev1");
        var odd = Delivery("{}", ("idempotency-key", new string('é', 500)));
        odd.KeyOf(SignatureScheme.Periplon, odd.ToDocument()).Length.ShouldBeLessThan(100);
    }

    [Theory]
    [InlineData("application/json", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("text/plain", "hello", "\"hello\"")]
    [InlineData(null, "", "null")]
    [InlineData("application/x-www-form-urlencoded", "text=a%20b&n=1", """{"text":"a b","n":"1"}""")]
    public void ToDocument_AnyBody_IsReadable(string? contentType, string body, string expected)
    {
        var delivery = new WebhookDelivery(
            Encoding.UTF8.GetBytes(body), contentType,
            new Dictionary<string, string> { ["x-event"] = "push", ["authorization"] = "Bearer hidden" },
            new Dictionary<string, string> { ["q"] = "1" });
        delivery.ToDocument().GetRawText().ShouldBe($$$"""{"body":{{{expected}}},"headers":{"x-event":"push"},"query":{"q":"1"}}""");
    }

    private static WebhookDelivery Signed(SignatureScheme scheme, string body, string secret)
    {
        var time = Now.ToUnixTimeSeconds();
        var prefix = scheme switch { SignatureScheme.GitHub => "", SignatureScheme.Slack => $"v0:{time}:", _ => $"{time}." };
        var hex = Convert.ToHexStringLower(WebhookSignature.Sign(secret, prefix, Encoding.UTF8.GetBytes(body)));
        (string, string)[] headers = scheme switch
        {
            SignatureScheme.GitHub => [("x-hub-signature-256", "sha256=" + hex)],
            SignatureScheme.Slack => [("x-slack-signature", "v0=" + hex), ("x-slack-request-timestamp", $"{time}")],
            _ => [(scheme.HeaderOf(), $"t={time},v1={hex}")],
        };
        return Delivery(body, headers);
    }

    private static WebhookDelivery Delivery(string body, params (string Name, string Value)[] headers) => new(
        Encoding.UTF8.GetBytes(body), "application/json", headers.ToDictionary(header => header.Name, header => header.Value),
        new Dictionary<string, string>());
}
