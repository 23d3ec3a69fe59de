using System.Collections.Immutable;
using System.Net;
using Orleans.Runtime;
using Periplon.Engine.Membership;

namespace Periplon.Engine.Tests.Membership;

public sealed class ClusterLeaderTests
{
    [Fact]
    public void IsLedBy_TheLowestThatLives()
    {
        var view = View((1, SiloStatus.Dead), (2, SiloStatus.ShuttingDown), (3, SiloStatus.Active), (4, SiloStatus.Active));
        Enumerable.Range(1, 5).Where(port => view.IsLedBy(Silo(port))).ShouldBe([3]);
    }

    [Fact]
    public void IsLedBy_NobodyLives_IsNobody() => View((1, SiloStatus.Joining)).IsLedBy(Silo(1)).ShouldBeFalse();

    private static ClusterMembershipSnapshot View(params (int Port, SiloStatus Status)[] members) => new(
        members.ToImmutableDictionary(m => Silo(m.Port), m => new ClusterMember(Silo(m.Port), m.Status, "silo")), new MembershipVersion(1));

    private static SiloAddress Silo(int port) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1);
}
