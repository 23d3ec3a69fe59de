using Orleans.Runtime;
using Periplon.Engine.Membership;

namespace Periplon.Engine.Tests.Cluster;

public sealed class UnansweredTests
{
    public static TheoryData<Exception, bool> Cases => new()
    {
        { new TimeoutException(), true },
        { new SiloUnavailableException(), true },
        { new Polly.Timeout.TimeoutRejectedException(), true },
        { new OrleansException("Trying to register execution/1 on invalid silo"), true },
        { new Orleans.Storage.InconsistentStateException(), false },
        { new InvalidOperationException(), false },
    };

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Is_Exceptions_ThoseOfTheRuntimeOnly(Exception exception, bool isUnanswered) =>
        Unanswered.Is(exception).ShouldBe(isUnanswered);
}
