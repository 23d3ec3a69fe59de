using System.Net;
using Periplon.Engine.Resources;

namespace Periplon.Engine.Tests.Resources;

public sealed class GitAddressTests
{
    [Theory]
    [InlineData("https://host/x.git", "Https host 443")]
    [InlineData("https://user:token@host:8443/x.git", "Https host 8443")]
    [InlineData("ssh://git@host:2222/x", "Ssh host 2222")]
    [InlineData("git@host:group/x.git", "Ssh host 0")]
    [InlineData("host:x", "Ssh host 0")]
    [InlineData("file:///srv/x", "Local  0")]
    [InlineData("/srv/x", "Local  0")]
    [InlineData("../x:y", "Local  0")]
    [InlineData("http://host/x", null)]
    [InlineData("git://host/x", null)]
    [InlineData("file://host/x", null)]
    [InlineData("ssh://-oProxyCommand=id/x", null)]
    [InlineData("git@-oProxyCommand=id:x", null)]
    [InlineData("--upload-pack=id", null)]
    [InlineData(@"https://good.example\@10.0.0.5/team/repo", null)]
    [InlineData("https://good.example\t@10.0.0.5/team/repo", null)]
    [InlineData(" https://good.example/x", null)]
    [InlineData("https://good.example/x\n", null)]
    [InlineData("https://a@good.example@10.0.0.5/x", null)]
    [InlineData("https://good.example#@10.0.0.5/x", null)]
    [InlineData("ssh://a%4010.0.0.5@good.example/x", null)]
    [InlineData("ssh://-oProxyCommand=id@host/x", null)]
    [InlineData("-oProxyCommand=id@host:x", null)]
    [InlineData(@"a\b@host:x", null)]
    [InlineData("ext::sh -c id", null)]
    [InlineData("ext::id", null)]
    public void TryParse_Address_GivesWhatMustBeChecked(string url, string? expected) =>
        (GitAddress.TryParse(url) is { } address ? $"{address.Transport} {address.Host} {address.Port}" : null).ShouldBe(expected);

    [Theory]
    [InlineData("https://user:t%40ken@HOST:8443/team/x.git", "https://user:t%40ken@host:8443/team/x.git")]
    [InlineData("https://host:443/x?a=b", "https://host/x?a=b")]
    [InlineData("https://[2001:db8::1]/x", "https://[2001:db8::1]/x")]
    [InlineData("ssh://git@host:2222/x", "ssh://git@host:2222/x")]
    [InlineData("ssh://git@host/~/x", "ssh://git@host/~/x")]
    [InlineData("git@host:group/x.git", "git@host:group/x.git")]
    [InlineData("/srv/a b", "/srv/a b")]
    public void TryParse_Address_IsRebuiltFromWhatWasChecked(string url, string expected) =>
        GitAddress.TryParse(url)!.Url.ShouldBe(expected);

    [Fact]
    public void Pin_Https_LetsGitConnectToTheCheckedAddressesOnly() =>
        GitAddress.TryParse("https://host/x")!.Pin([IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")]).Options
            .ShouldBe(["-c", "http.curloptResolve=host:443:192.0.2.1,[2001:db8::1]"]);

    [Fact]
    public void Pin_Ssh_LetsSshConnectToTheCheckedAddressUnderItsOwnName() =>
        GitAddress.TryParse("git@host:x")!.Pin([IPAddress.Parse("192.0.2.1")]).SshCommand
            .ShouldEndWith("-o HostKeyAlias=host -o HostName=192.0.2.1");
}
