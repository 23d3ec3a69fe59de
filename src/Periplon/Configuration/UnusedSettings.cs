namespace Periplon.Configuration;

/// <summary>
/// Settings that load and are checked, but that nothing in this version acts on. Whoever sets one must be told: a limit that is written
/// down and not kept is worse than none.
/// </summary>
internal static class UnusedSettings
{
    /// <summary>Sections and settings that were changed from their defaults without an effect.</summary>
    public static IReadOnlyList<string> In(PeriplonConfig config)
    {
        (string Path, bool IsChanged)[] settings =
        [
            ("auth", config.Auth != new AuthConfig()),
            ("rate_limit", config.RateLimit != new RateLimitConfig()),
            ("reliability", config.Reliability != new ReliabilityConfig()),
            ("ai", config.Ai with { Script = null } != new AiConfig()),
            ("monitoring", config.Monitoring != new MonitoringConfig()),
            ("server.cors", config.Server.Cors.AllowedOrigins.Count > 0),
        ];
        return [.. settings.Where(s => s.IsChanged).Select(s => s.Path)];
    }
}
