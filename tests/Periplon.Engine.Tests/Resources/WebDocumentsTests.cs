using Microsoft.Extensions.Time.Testing;

namespace Periplon.Engine.Tests.Resources;

public sealed class WebDocumentsTests(DocumentServer server) : IClassFixture<DocumentServer>, IDisposable
{
    private readonly ResolverFixture _fixture = new();

    [Fact]
    public async Task Resolve_DocumentThatNamesAFile_FetchesItFromTheSameServer()
    {
        server.Documents["/flows/a.yaml"] = ResolverFixture.Workflow("type: file, path: ../b.yaml");
        server.Documents["/b.yaml"] = ResolverFixture.Subflow("make");

        var bundle = await _fixture.ResolveAsync(ResolverFixture.Workflow($"type: http, url: '{server.Url}/flows/a.yaml'"));

        bundle.Diagnostics.ShouldBeEmpty();
        bundle.Resources.Entries.Keys.ShouldBe([$"http:{server.Url}/b.yaml", $"http:{server.Url}/flows/a.yaml"]);
    }

    [Fact]
    public async Task Resolve_Checksum_IsComparedWithTheBytes()
    {
        server.Documents["/sum.yaml"] = ResolverFixture.Subflow("make");
        var found = await _fixture.ResolveAsync(ResolverFixture.Workflow($"type: http, url: '{server.Url}/sum.yaml'"));
        var sum = found.Resources.Entries.Values.Single().Sha256;

        var right = await _fixture.ResolveAsync(
            ResolverFixture.Workflow($"type: http, url: '{server.Url}/sum.yaml', checksum: 'sha256:{sum.ToUpperInvariant()}'"));
        var wrong = await _fixture.ProblemAsync($"type: http, url: '{server.Url}/sum.yaml', checksum: 'sha256:{new string('a', 64)}'");

        right.IsValid.ShouldBeTrue();
        wrong.ShouldContain($"sha256:{sum}");
        wrong.ShouldContain($"sha256:{new string('a', 64)}");
    }

    [Fact]
    public async Task Resolve_Redirect_IsFollowed()
    {
        server.Documents["/there.yaml"] = ResolverFixture.Subflow("make");

        (await _fixture.ResolveAsync(ResolverFixture.Workflow($"type: http, url: '{server.Url}/moved?to=/there.yaml'"))).IsValid.ShouldBeTrue();
    }

    [Theory]
    [InlineData("/none.yaml", "answered 404 Not Found")]
    [InlineData("/loop", "redirects more than 5 times")]
    [InlineData("/moved?to=ftp://host/a", "redirects to 'ftp:', which is not HTTP")]
    [InlineData("/moved?to=http://169.254.169.254/", "a link-local or metadata address")]
    public async Task Resolve_DocumentThatCannotBeFetched_SaysWhy(string path, string reason) =>
        (await _fixture.ProblemAsync($"type: http, url: '{server.Url}{path}'")).ShouldContain(reason);

    [Fact]
    public async Task Resolve_PrivateAddressOnAServerThatDoesNotAllowIt_IsRefused()
    {
        using var strict = new ResolverFixture { AllowsPrivateNetworks = false };

        (await strict.ProblemAsync($"type: http, url: '{server.Url}/a.yaml'")).ShouldContain("127.0.0.1, a private address");
    }

    [Fact]
    public async Task Resolve_DocumentAboveTheBound_IsRefused()
    {
        using var small = new ResolverFixture { Change = options => options with { MaxBytes = 1024 } };
        server.Documents["/large.yaml"] = new string('#', 1025);

        (await small.ProblemAsync($"type: http, url: '{server.Url}/large.yaml'")).ShouldContain("is larger than 1 KiB");
    }

    [Fact]
    public async Task Resolve_CredentialsInTheAddress_AreSentAndNotShown()
    {
        server.Documents["/private.yaml"] = "[]";

        var bundle = await _fixture.ResolveAsync(
            ResolverFixture.Workflow($"type: http, url: '{server.Url.Replace("//", "//me:secret@", StringComparison.Ordinal)}/private.yaml'"));

        server.Authorization.ShouldBe("Basic bWU6c2VjcmV0");
        bundle.Diagnostics.ShouldContain(found => found.File == $"{server.Url}/private.yaml");
        bundle.Diagnostics.ShouldAllBe(found => !found.ToString().Contains("secret"));
    }

    [Fact]
    public async Task Resolve_ServerThatDoesNotAnswer_EndsAtTheDeadline()
    {
        var time = new FakeTimeProvider();
        using var patient = new ResolverFixture { Time = time };

        var resolving = patient.ProblemAsync($"type: http, url: '{server.Url}/hang'");
        await server.Hanging.Task.WaitAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(20));

        (await resolving).ShouldContain("took longer than 20 s");
    }

    public void Dispose() => _fixture.Dispose();
}
