namespace Periplon.Configuration;

/// <summary>The HTTP side of the program (<c>server</c>).</summary>
internal sealed record ServerConfig
{
    /// <summary>
    /// Address to listen on: an IP address, <c>localhost</c>, or <c>*</c> for all. Default: 127.0.0.1, this machine only.
    /// </summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>TCP port; 0 takes a free one. Default: 8080.</summary>
    [Between(0, 65535)]
    public int Port { get; init; } = 8080;

    /// <summary>Directory of what the program writes; relative paths of other sections begin here. Default: ./data.</summary>
    public string DataDir { get; init; } = "./data";

    /// <summary>Largest request body, in bytes. Default: 5 MiB.</summary>
    [Between(1024, 1073741824)]
    public long MaxBodyBytes { get; init; } = 5 * 1024 * 1024;

    /// <summary>Least severe messages that are logged. Default: info.</summary>
    [OneOf("trace", "debug", "info", "warning", "error")]
    public string LogLevel { get; init; } = "info";

    /// <summary>What the installation is for; <c>development</c> shows details of defects in responses. Default: production.</summary>
    [OneOf("production", "staging", "development")]
    public string Environment { get; init; } = "production";

    public TlsConfig Tls { get; init; } = new();
    public CorsConfig Cors { get; init; } = new();
}

/// <summary>HTTPS by the program itself (<c>server.tls</c>).</summary>
internal sealed record TlsConfig
{
    /// <summary>Whether the port speaks HTTPS. Default: false.</summary>
    public bool Enabled { get; init; }

    /// <summary>PEM file of the certificate and its chain.</summary>
    public string? CertPath { get; init; }

    /// <summary>PEM file of the certificate's key.</summary>
    public string? KeyPath { get; init; }

    /// <summary>Oldest protocol version accepted. Default: 1.2.</summary>
    [OneOf("1.2", "1.3")]
    public string MinVersion { get; init; } = "1.2";
}

/// <summary>Which web pages of other origins may call the API (<c>server.cors</c>).</summary>
internal sealed record CorsConfig
{
    /// <summary>Origins such as <c>https://app.example.com</c>, or <c>*</c>. Default: none.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>HTTP methods. Default: GET, POST, PUT, DELETE.</summary>
    public IReadOnlyList<string> AllowedMethods { get; init; } = ["GET", "POST", "PUT", "DELETE"];

    /// <summary>Whether cookies may be sent; not together with origin <c>*</c>. Default: false.</summary>
    public bool AllowCredentials { get; init; }
}
