using System.Net;
using System.Text.RegularExpressions;

namespace Periplon.Engine.Resources;

/// <summary>How a git repository is reached.</summary>
internal enum GitTransport
{
    Https,
    Ssh,
    Local,
}

/// <summary>The address of a git repository, taken apart as far as its host must be checked.</summary>
/// <param name="Transport">How it is reached.</param>
/// <param name="Host">Host name; empty for local ones.</param>
/// <param name="Port">Port; 0 for local ones and the usual one of ssh.</param>
internal sealed partial record GitAddress(GitTransport Transport, string Host, int Port)
{
    /// <summary>Reads an address; null for one that no transport is known for.</summary>
    public static GitAddress? TryParse(string url)
    {
        if (url.Contains("://", StringComparison.Ordinal))
        {
            return !Uri.TryCreate(url, UriKind.Absolute, out var uri) ? null : uri.Scheme switch
            {
                "https" => new GitAddress(GitTransport.Https, uri.IdnHost, uri.Port),
                "ssh" when HostPattern().IsMatch(uri.IdnHost) => new GitAddress(GitTransport.Ssh, uri.IdnHost, Math.Max(uri.Port, 0)),
                "file" when uri.Host is "" or "localhost" => new GitAddress(GitTransport.Local, "", 0),
                _ => null,
            };
        }

        // user@host:path, as scp writes it; git takes a slash before the colon for a path.
        var colon = url.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || url.AsSpan(0, colon).Contains('/'))
        {
            return url.StartsWith('-') ? null : new GitAddress(GitTransport.Local, "", 0);
        }

        var host = url[(url.LastIndexOf('@', colon) + 1)..colon];
        return HostPattern().IsMatch(host) ? new GitAddress(GitTransport.Ssh, host, 0) : null;
    }

    /// <summary>
    /// What makes git connect to these addresses and no other, so that the name cannot mean another host by then: options of git, and the
    /// ssh command.
    /// </summary>
    public (string[] Options, string SshCommand) Pin(IPAddress[] addresses)
    {
        const string Ssh = "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=10";
        return Transport switch
        {
            GitTransport.Https =>
                (["-c", $"http.curloptResolve={Host}:{Port}:{string.Join(',', addresses.Select(Bracketed))}"], Ssh),
            GitTransport.Ssh => ([], $"{Ssh} -o HostKeyAlias={Host} -o HostName={addresses[0]}"),
            _ => ([], Ssh),
        };
    }

    private static string Bracketed(IPAddress address) => address.ToString().Contains(':') ? $"[{address}]" : address.ToString();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9.-]*$")]
    private static partial Regex HostPattern();
}
