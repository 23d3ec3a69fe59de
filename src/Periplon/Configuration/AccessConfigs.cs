namespace Periplon.Configuration;

/// <summary>Sign-in (<c>auth</c>).</summary>
internal sealed record AuthConfig
{
    /// <summary>
    /// Key that signs tokens, at least 32 characters. Default: none, which makes keys that the program rotates and stores.
    /// </summary>
    [Secret]
    public string? JwtSecret { get; init; }

    /// <summary>Life of an access token, in seconds. Default: 3600.</summary>
    [Between(60, 86400)]
    public int JwtExpirationSecs { get; init; } = 3600;

    /// <summary>Life of a refresh token, in seconds. Default: 2592000, 30 days.</summary>
    [Between(3600, 31536000)]
    public int RefreshTokenExpirationSecs { get; init; } = 2592000;

    /// <summary>Time without a request after which a session ends, in seconds. Default: 1800.</summary>
    [Between(60, 31536000)]
    public int SessionMaxIdleSecs { get; init; } = 1800;

    /// <summary>Fewest characters of a password. Default: 12.</summary>
    [Between(8, 128)]
    public int PasswordMinLength { get; init; } = 12;

    /// <summary>Whether anybody may make an account. Default: false.</summary>
    public bool Registration { get; init; }
}

/// <summary>Bounds on requests in a minute (<c>rate_limit</c>).</summary>
internal sealed record RateLimitConfig
{
    /// <summary>Whether requests are bounded. Default: true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Requests a minute of everybody together. Default: 10000.</summary>
    [Between(1, 100000000)]
    public int GlobalRequestsPerMinute { get; init; } = 10000;

    /// <summary>Requests a minute of one user. Default: 100.</summary>
    [Between(1, 100000000)]
    public int PerUserRequestsPerMinute { get; init; } = 100;

    /// <summary>Requests a minute of one API key. Default: 1000.</summary>
    [Between(1, 100000000)]
    public int PerApiKeyRequestsPerMinute { get; init; } = 1000;

    /// <summary>Requests a minute of one address without sign-in. Default: 60.</summary>
    [Between(1, 100000000)]
    public int PerIpRequestsPerMinute { get; init; } = 60;
}

/// <summary>Metrics and traces (<c>monitoring</c>).</summary>
internal sealed record MonitoringConfig
{
    /// <summary>Whether <c>/metrics</c> is served. Default: true.</summary>
    public bool MetricsEnabled { get; init; } = true;

    /// <summary>Port of <c>/metrics</c>. Default: none, which is the server's own port.</summary>
    [Between(1, 65535)]
    public int? MetricsPort { get; init; }

    /// <summary>Whether traces are sent. Default: false.</summary>
    public bool TracingEnabled { get; init; }

    /// <summary>OTLP address that receives traces, such as <c>http://localhost:4317</c>.</summary>
    public string? TracingEndpoint { get; init; }
}

/// <summary>Models (<c>ai</c>): that of <c>generate</c> and the editor's assistant, and what stands in for all others.</summary>
internal sealed record AiConfig
{
    /// <summary>Provider. Default: none, which leaves these functions out.</summary>
    [OneOf("claude", "codex", "ollama", "openai", "anthropic", "google")]
    public string? Provider { get; init; }

    /// <summary>Model name. Default: the provider's own choice.</summary>
    public string? Model { get; init; }

    /// <summary>Base URL of the API. Default: the provider's.</summary>
    public string? Endpoint { get; init; }

    /// <summary>API key.</summary>
    [Secret]
    public string? ApiKey { get; init; }

    /// <summary>Longest time of one answer, in seconds. Default: 120.</summary>
    [Between(1, 3600)]
    public double TimeoutSecs { get; init; } = 120;

    /// <summary>
    /// Script of answers (<c>docs/ai-script.md</c>), which answers every prompt of agents and <c>llm</c> tasks in place of their providers.
    /// Relative paths begin at the working directory. Default: none.
    /// </summary>
    public string? Script { get; init; }
}
