using System.Net;
using Periplon.Core.Models;

namespace Periplon.Configuration;

/// <summary>Checks that look at more than the type and range of one setting.</summary>
internal static class ConfigChecks
{
    public static void Check(PeriplonConfig config, ConfigLayers layers, string directory)
    {
        CheckServer(config.Server, layers, directory);
        CheckCluster(config, layers);
        CheckStorage(config.Storage, layers);
        if (config.Auth.JwtSecret is { Length: < 32 })
        {
            layers.Report("auth.jwt_secret", "is shorter than 32 characters; make one with 'openssl rand -base64 48', or remove it");
        }

        CheckUrl(config.Ai.Endpoint, "ai.endpoint", layers);
        if (config.Ai.Script is { } script)
        {
            CheckScript(Path.GetFullPath(script, directory), layers);
        }

        CheckUrl(config.Monitoring.TracingEndpoint, "monitoring.tracing_endpoint", layers);
        if (config.Monitoring is { TracingEnabled: true, TracingEndpoint: null })
        {
            layers.Report(
                "monitoring.tracing_endpoint",
                "is missing, but monitoring.tracing_enabled is true; expected an address such as http://localhost:4317");
        }
    }

    private static void CheckServer(ServerConfig server, ConfigLayers layers, string directory)
    {
        if (server.Host is not ("localhost" or "*") && !IPAddress.TryParse(server.Host, out _))
        {
            layers.Report("server.host", $"expected an IP address, \"localhost\" or \"*\", found \"{server.Host}\"");
        }

        else if (server.Host != "localhost" && !(IPAddress.TryParse(server.Host, out var address) && IPAddress.IsLoopback(address)))
        {
            // Nobody signs in yet, so nobody from elsewhere may call.
            layers.Report(
                "server.host",
                "this version has no sign-in and listens on the loopback address only; "
                + $"found \"{server.Host}\", allowed is 127.0.0.1");
        }

        if (server.Tls.Enabled)
        {
            layers.Report("server.tls.enabled", "this version listens on the loopback address only and speaks no TLS; remove it");
        }

        if (server.Cors is { AllowCredentials: true } cors && cors.AllowedOrigins.Contains("*"))
        {
            layers.Report(
                "server.cors.allow_credentials", "cannot be true while server.cors.allowed_origins holds \"*\"; name the origins");
        }

        foreach (var (origin, index) in server.Cors.AllowedOrigins
            .Select((origin, index) => (origin, index)).Where(pair => pair.origin != "*"))
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
                || url.AbsolutePath != "/" || origin.EndsWith('/'))
            {
                layers.Report(
                    $"server.cors.allowed_origins[{index}]", $"expected an origin such as https://app.example.com, found \"{origin}\"");
            }
        }

        if (server.Tls.Enabled)
        {
            CheckFile(server.Tls.CertPath, "server.tls.cert_path", layers, directory);
            CheckFile(server.Tls.KeyPath, "server.tls.key_path", layers, directory);
        }
    }

    private static void CheckFile(string? file, string path, ConfigLayers layers, string directory)
    {
        if (file is null)
        {
            layers.Report(path, "is missing, but server.tls.enabled is true");
        }
        else if (!File.Exists(Path.GetFullPath(file, directory)))
        {
            layers.Report(path, $"the file {Path.GetFullPath(file, directory)} does not exist");
        }
    }

    private static void CheckCluster(PeriplonConfig config, ConfigLayers layers)
    {
        var cluster = config.Cluster;
        if (cluster.AdvertisedIp is { } ip && !IPAddress.TryParse(ip, out _))
        {
            layers.Report("cluster.advertised_ip", $"expected an IP address, found \"{ip}\"");
        }

        if (cluster.MaxProbeTimeoutSecs < cluster.ProbeTimeoutSecs)
        {
            layers.Report(
                "cluster.max_probe_timeout_secs",
                $"expected at least cluster.probe_timeout_secs ({cluster.ProbeTimeoutSecs}), found {cluster.MaxProbeTimeoutSecs}");
        }

        if (cluster is { SiloListenPort: not 0, SiloPort: 0 })
        {
            layers.Report("cluster.silo_listen_port", "needs cluster.silo_port, the port that other silos reach this one at");
        }

        (string Path, int Port)[] ports =
        [
            ("server.port", config.Server.Port), ("cluster.silo_port", cluster.SiloPort),
            ("cluster.silo_listen_port", cluster.SiloListenPort), ("cluster.gateway_port", cluster.GatewayPort),
            ("monitoring.metrics_port", config.Monitoring.MetricsPort ?? 0),
        ];
        foreach (var same in ports.Where(each => each.Port != 0).GroupBy(each => each.Port).Where(group => group.Count() > 1))
        {
            var paths = same.Select(each => each.Path).ToArray();
            layers.Report(paths[^1], $"port {same.Key} is also that of {string.Join(" and ", paths[..^1])}; each needs its own");
        }
    }

    private static void CheckStorage(StorageConfig storage, ConfigLayers layers)
    {
        if (!storage.IsPostgres)
        {
            if (storage.Url is not null)
            {
                layers.Report(
                    "storage.url", "is given, but storage.backend is \"sqlite\"; set storage.backend to \"postgres\" or remove the URL");
            }

            return;
        }

        if (storage.Url is null)
        {
            layers.Report(
                "storage.url", "is missing, but storage.backend is \"postgres\"; expected postgres://user:password@host:5432/database");
        }
        else if (!DatabaseUrl.TryParse(storage.Url, out _, out var problem))
        {
            layers.Report(
                layers.Origins.GetValueOrDefault("storage.url") is { Kind: "env", Name: { } variable } ? variable : "storage.url", problem);
        }

        if (storage.MaxConnections < storage.Journal.Flushers + 6)
        {
            layers.Report(
                "storage.max_connections",
                $"expected at least storage.journal.flushers and 6 more ({storage.Journal.Flushers + 6}), found {storage.MaxConnections}");
        }
    }

    private static void CheckScript(string file, ConfigLayers layers)
    {
        if (!File.Exists(file))
        {
            layers.Report("ai.script", $"the file {file} does not exist");
            return;
        }

        foreach (var found in ModelScriptParser.Parse(File.ReadAllText(file)).Diagnostics)
        {
            var hint = found.Hint is { } words ? $" {words}" : "";
            layers.Report("ai.script", $"{file}:{found.Line}:{found.Column}: {found.Message}{hint}");
        }
    }

    private static void CheckUrl(string? text, string path, ConfigLayers layers)
    {
        if (text is not null && !(Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
        {
            layers.Report(path, $"expected an http or https address, found \"{SecretMask.Mask(text)}\"");
        }
    }
}
