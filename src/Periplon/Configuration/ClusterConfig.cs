namespace Periplon.Configuration;

/// <summary>
/// How silos find and watch each other (<c>cluster</c>). The defaults of the probes were measured: a killed silo is known in about a
/// second, a frozen one in six.
/// </summary>
internal sealed record ClusterConfig
{
    /// <summary>Name of the cluster; silos of different names never meet. Default: periplon.</summary>
    public string Id { get; init; } = "periplon";

    /// <summary>Name under which grains and reminders are stored; never change it later. Default: periplon.</summary>
    public string ServiceId { get; init; } = "periplon";

    /// <summary>TCP port between silos; 0 takes a free one. Default: 0.</summary>
    [Between(0, 65535)]
    public int SiloPort { get; init; }

    /// <summary>
    /// TCP port that the silo itself opens where others reach it through another one, behind a port mapping or a proxy; needs
    /// <see cref="SiloPort"/>. Default: 0, the same port.
    /// </summary>
    [Between(0, 65535)]
    public int SiloListenPort { get; init; }

    /// <summary>TCP port for clients of the cluster; 0 takes a free one. Default: 0.</summary>
    [Between(0, 65535)]
    public int GatewayPort { get; init; }

    /// <summary>
    /// IP address that other silos reach this one at. Default: none, which is the loopback address; silos on several machines need it, on a
    /// network that nobody else reaches.
    /// </summary>
    public string? AdvertisedIp { get; init; }

    /// <summary>Where the membership is kept: <c>adonet</c>, the database of <c>storage</c>. Default: adonet.</summary>
    [OneOf("adonet")]
    public string Clustering { get; init; } = "adonet";

    /// <summary>Time that a probe may take, in seconds. Default: 1.</summary>
    [Between(0.1, 60)]
    public double ProbeTimeoutSecs { get; init; } = 1;

    /// <summary>Largest time a probe may take when the prober itself is slow, in seconds. Default: 2.</summary>
    [Between(0.1, 120)]
    public double MaxProbeTimeoutSecs { get; init; } = 2;

    /// <summary>Probes in a row that a silo may miss before it is suspected. Default: 3.</summary>
    [Between(1, 20)]
    public int MissedProbes { get; init; } = 3;

    /// <summary>Silos that must suspect one before it is dead. Default: 2.</summary>
    [Between(1, 10)]
    public int Votes { get; init; } = 2;

    /// <summary>Interval of reading the membership table, in seconds. Default: 5.</summary>
    [Between(1, 600)]
    public double TableRefreshSecs { get; init; } = 5;

    /// <summary>Interval of a silo's sign of life in the table, in seconds. Default: 2.</summary>
    [Between(1, 600)]
    public double IAmAliveSecs { get; init; } = 2;
}
