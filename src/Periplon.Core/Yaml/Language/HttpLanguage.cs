using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>HTTP requests (reference §5.5).</summary>
internal static class HttpLanguage
{
    internal static readonly Shape<HttpVerb> Verb = new ChoiceShape<HttpVerb>(
        ("GET", HttpVerb.Get), ("POST", HttpVerb.Post), ("PUT", HttpVerb.Put), ("PATCH", HttpVerb.Patch), ("DELETE", HttpVerb.Delete),
        ("HEAD", HttpVerb.Head), ("OPTIONS", HttpVerb.Options))
    { AnyCase = true };

    internal static readonly Shape<HttpAuth> Auth = new UnionShape<HttpAuth>("HttpAuth", "type",
        ("bearer", f => new HttpAuth.Bearer(f.Required("token", Scalars.Text, "The token."))),
        ("basic", f => new HttpAuth.Basic(
            f.Required("username", Scalars.Text, "User name."),
            f.Required("password", Scalars.Text, "Password."))),
        ("api_key", f => new HttpAuth.ApiKey(
            f.Required("header", Scalars.Text, "Header name."),
            f.Required("key", Scalars.Text, "The key."))),
        ("custom", f => new HttpAuth.Custom(f.Required("headers", new MapShape<string>(Scalars.Text), "Header values by name."))));

    internal static readonly Shape<HttpDefinition> Http = new StructShape<HttpDefinition>("Http", f => new HttpDefinition
    {
        Method = f.Required("method", Verb, "Method."),
        Url = f.Required("url", Scalars.Text, "Address; may hold references."),
        Headers = f.Map("headers", Scalars.Text, "Request headers."),
        Body = f.Text("body", "Request body."),
        Auth = f.Optional("auth", Auth, "Authentication."),
        TimeoutSecs = f.Seconds("timeout_secs", "Longest time of one attempt, in seconds.", "timeout"),
        FollowRedirects = f.Or("follow_redirects", Scalars.Bool, true, "Whether redirects are followed."),
        VerifyTls = f.Or("verify_tls", Scalars.Bool, true, "Whether the server's certificate is checked."),
    });
}
