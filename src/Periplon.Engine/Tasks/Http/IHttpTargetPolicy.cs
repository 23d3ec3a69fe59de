using System.Net;
using System.Net.Sockets;

namespace Periplon.Engine.Tasks.Http;

/// <summary>
/// Decides which addresses HTTP tasks may connect to. It is asked after name resolution, for the address that is then used.
/// </summary>
internal interface IHttpTargetPolicy
{
    /// <summary>Why an address is refused; null when it is allowed.</summary>
    string? Refuse(string host, IPAddress address);
}

/// <summary>
/// Refuses link-local addresses and those of cloud metadata services, which hand out credentials to whoever can reach them, and, unless
/// allowed, private and loopback addresses.
/// </summary>
internal sealed class HttpTargetPolicy(TaskOptions options) : IHttpTargetPolicy
{
    private static readonly IPNetwork[] Never =
    [
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("fd00:ec2::254/128"),
        // Alibaba Cloud and Oracle Cloud keep theirs outside the link-local range.
        IPNetwork.Parse("100.100.100.200/32"), IPNetwork.Parse("192.0.0.192/32"),
    ];

    private static readonly IPNetwork[] Private =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("::/127"), IPNetwork.Parse("fc00::/7"),
        IPNetwork.Parse("fec0::/10"),
    ];

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    public string? Refuse(string host, IPAddress address)
    {
        var target = Unwrap(address);
        return Never.Any(network => network.Contains(target))
                ? $"'{host}' is {target}, a link-local or metadata address, which HTTP tasks must not reach"
            : !options.AllowPrivateNetworks && Private.Any(network => network.Contains(target))
                ? $"'{host}' is {target}, a private address, which HTTP tasks of this server must not reach"
            : null;
    }

    // An IPv4 address can be written as an IPv6 one and is then no other address.
    private static IPAddress Unwrap(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily is AddressFamily.InterNetworkV6 && Nat64.Contains(address) ? new IPAddress(address.GetAddressBytes()[12..])
        : address;
}
