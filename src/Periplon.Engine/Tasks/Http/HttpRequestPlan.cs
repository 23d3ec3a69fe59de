using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Http;

/// <summary>A request with all references filled in, from which the message for each hop is made.</summary>
internal sealed record HttpRequestPlan
{
    private const string UserAgent = "Periplon/0.1";

    // What may follow a redirect to another origin: nothing here says who is asking. Any other header may hold a credential.
    private static readonly HashSet<string> Harmless = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Language", "Content-Type",
        "Idempotency-Key", "User-Agent",
    };

    private static readonly HashSet<string> OfBody = new(StringComparer.OrdinalIgnoreCase)
    {
        "Allow", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Location", "Content-MD5", "Content-Range",
        "Content-Type", "Expires", "Last-Modified",
    };

    public required HttpMethod Method { get; init; }
    public required Uri Url { get; init; }
    public required IReadOnlyDictionary<string, string> Headers { get; init; }
    public string? Body { get; init; }
    /// <summary>Whether the body holds a secret.</summary>
    public bool HasSecretBody { get; init; }

    /// <summary>Fills in a request; null with the reason when it cannot be one.</summary>
    internal static HttpRequestPlan? Make(TaskContext context, out string? problem)
    {
        var http = context.Task.Http!;
        var address = context.Texts.Strict(http.Url).Trim();
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length is 0)
        {
            problem = $"'{address}' is not an address; it has to begin with http:// or https://";
            return null;
        }

        if (url.UserInfo.Length > 0)
        {
            problem = $"The address of {url.Host} holds a user name or password; use 'auth: {{type: basic}}', whose values are masked";
            return null;
        }

        var body = http.Body is null ? null : context.Texts.Strict(http.Body);
        var headers = MakeHeaders(context, http, body);
        if (headers.FirstOrDefault(header => !IsValid(header.Key, header.Value)).Key is { } bad)
        {
            problem = $"The header '{bad}' has a name or value that HTTP does not allow";
            return null;
        }

        problem = null;
        return new HttpRequestPlan
        {
            Method = new HttpMethod(http.Method.ToString().ToUpperInvariant()),
            Url = url,
            Headers = headers,
            Body = body,
            HasSecretBody = body is not null && !string.Equals(context.Texts.Mask(body), body, StringComparison.Ordinal),
        };
    }

    /// <summary>The message to send.</summary>
    internal HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Method, Url)
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (Body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body));
        }

        foreach (var (name, value) in Headers)
        {
            if (OfBody.Contains(name))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
            else if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    /// <summary>The next request after a redirect, by the rules that browsers follow.</summary>
    internal HttpRequestPlan Redirected(HttpStatusCode status, Uri target)
    {
        var becomesGet = (status is HttpStatusCode.SeeOther && Method != HttpMethod.Head)
            || (status is HttpStatusCode.Moved or HttpStatusCode.Found && Method == HttpMethod.Post);
        var headers = SameOrigin(Url, target) ? Headers : Headers.Where(header => Harmless.Contains(header.Key)).ToDictionary();
        return this with
        {
            Method = becomesGet ? HttpMethod.Get : Method,
            Body = becomesGet ? null : Body,
            HasSecretBody = !becomesGet && HasSecretBody,
            Url = target,
            Headers = headers,
        };
    }

    internal static bool SameOrigin(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) is 0;

    private static Dictionary<string, string> MakeHeaders(TaskContext context, HttpDefinition http, string? body)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["User-Agent"] = UserAgent,
            ["Accept"] = "*/*",
            ["Idempotency-Key"] = context.AttemptKey,
        };
        if (body is not null)
        {
            headers["Content-Type"] = IsJson(body) ? "application/json" : "text/plain; charset=utf-8";
        }

        foreach (var (name, value) in Authentication(http.Auth, context.Texts).Concat(
            http.Headers.Select(header => (header.Key, context.Texts.Strict(header.Value)))))
        {
            headers[name] = value;
        }

        return headers;
    }

    private static IEnumerable<(string Name, string Value)> Authentication(HttpAuth? auth, ITaskTexts texts) => auth switch
    {
        HttpAuth.Bearer bearer => [("Authorization", $"Bearer {texts.Strict(bearer.Token)}")],
        HttpAuth.Basic basic => [("Authorization", "Basic " + Convert.ToBase64String(
            Encoding.UTF8.GetBytes($"{texts.Strict(basic.Username)}:{texts.Strict(basic.Password)}")))],
        HttpAuth.ApiKey key => [(texts.Strict(key.Header), texts.Strict(key.Key))],
        HttpAuth.Custom custom => custom.Headers.Select(header => (header.Key, texts.Strict(header.Value))),
        _ => [],
    };

    private static bool IsJson(string body)
    {
        if (body.AsSpan().TrimStart() is [] or [not ('{' or '[' or '"'), ..])
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsValid(string name, string value)
    {
        using var probe = new HttpRequestMessage();
        return !value.AsSpan().ContainsAny('\r', '\n', '\0')
            && (OfBody.Contains(name) || name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
                || probe.Headers.TryAddWithoutValidation(name, value));
    }
}
