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
/// <param name="Url">
/// What git is given: made of the parts that were checked, because git reads some texts in another way, and would connect to another host.
/// </param>
internal sealed partial record GitAddress(GitTransport Transport, string Host, int Port, string Url)
{
    /// <summary>Reads an address; null for one that no transport is known for.</summary>
    public static GitAddress? TryParse(string url)
    {
        if (url.Contains("://", StringComparison.Ordinal))
        {
            return !Uri.TryCreate(url, UriKind.Absolute, out var uri) ? null : uri.Scheme switch
            {
                "https" when !IsOdd(url) && WebUserPattern().IsMatch(uri.UserInfo) => Rebuild(GitTransport.Https, uri),
                "ssh" when !IsOdd(url) && (uri.UserInfo is "" || UserPattern().IsMatch(uri.UserInfo)) =>
                    Rebuild(GitTransport.Ssh, uri),
                "file" when uri.Host is "" or "localhost" => new GitAddress(GitTransport.Local, "", 0, url),
                _ => null,
            };
        }

        // user@host:path, as scp writes it; git takes a slash before the colon for a path.
        var colon = url.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || url.AsSpan(0, colon).Contains('/'))
        {
            return url.StartsWith('-') ? null : new GitAddress(GitTransport.Local, "", 0, url);
        }

        var at = url.LastIndexOf('@', colon);
        var host = url[(at + 1)..colon];
        // A second colon would name a helper program of git.
        return HostPattern().IsMatch(host) && (at < 0 || UserPattern().IsMatch(url[..at])) && !IsOdd(url)
                && url.IndexOf("::", colon) != colon
            ? new GitAddress(GitTransport.Ssh, host, 0, url)
            : null;
    }

    // A fragment means nothing to git, and ends the host for some readers only.
    private static GitAddress? Rebuild(GitTransport transport, Uri uri)
    {
        var isV6 = uri.HostNameType is UriHostNameType.IPv6;
        if (uri.Fragment.Length > 0
            || (isV6 ? transport is GitTransport.Ssh || uri.IdnHost.Contains('%') : !HostPattern().IsMatch(uri.IdnHost)))
        {
            return null;
        }

        var (port, host) = (Math.Max(uri.Port, 0), isV6 ? $"[{uri.IdnHost}]" : uri.IdnHost);
        var user = uri.UserInfo.Length is 0 ? "" : $"{uri.UserInfo}@";
        var url = $"{uri.Scheme}://{user}{host}{(uri.IsDefaultPort || port is 0 ? "" : $":{port}")}{uri.AbsolutePath}{uri.Query}";
        return new GitAddress(transport, uri.IdnHost, port, url);
    }

    private static bool IsOdd(string url) => url.Any(c => c is '\\' || char.IsWhiteSpace(c) || char.IsControl(c));

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

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex HostPattern();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._+-]*\z")]
    private static partial Regex UserPattern();

    // A token may hold anything, if it is escaped.
    [GeneratedRegex(@"\A[A-Za-z0-9._~%+=!$&*,:-]*\z")]
    private static partial Regex WebUserPattern();
}
