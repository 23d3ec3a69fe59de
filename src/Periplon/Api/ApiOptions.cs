using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace Periplon.Api;

/// <summary>Settings of the REST API.</summary>
public sealed class ApiOptions
{
    /// <summary>The organization of every caller until sign-in gives another.</summary>
    public const string DefaultOrganization = "default";

    /// <summary>TCP port on the loopback address; 0 lets the system choose. Default: 8080.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 8080;

    /// <summary>
    /// Names under which the server may be called: the host of the <c>Host</c> header, without port. Default: the loopback names.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; set; } = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Largest request body, in bytes. Default: 5 MiB.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public long MaxBodyBytes { get; set; } = 5 * 1024 * 1024;

    /// <summary>Number of partitions of the default queue; the same as the engine's. Default: 8.</summary>
    [Range(1, 4096)]
    public int QueuePartitions { get; set; } = 8;

    /// <summary>How long figures read from the database for <c>/metrics</c> and <c>/stats</c> are kept. Default: 5 seconds.</summary>
    public TimeSpan StatisticsAge { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one readiness check or one read for <c>/metrics</c> may take. Default: 2 seconds.</summary>
    public TimeSpan CheckTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a request waits for the cluster's answer, all repetitions together, before it is answered with 503. Time that the caller
    /// asked to wait for an end comes on top. Default: 15 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a cancel request waits for the execution's end. Default: 10 seconds.</summary>
    public TimeSpan CancelWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Version that <c>/version</c> and <c>/health</c> show. Default: the program's.</summary>
    public string Version { get; set; } =
        typeof(ApiOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion.Split('+')[0] ?? "0.0.0";
}
