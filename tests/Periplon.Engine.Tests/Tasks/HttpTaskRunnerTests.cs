using System.Net;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks;
using Periplon.Engine.Tasks.Http;

namespace Periplon.Engine.Tests.Tasks;

public sealed class HttpTaskRunnerTests(HttpTestServer server) : TaskRunnerConformance, IClassFixture<HttpTestServer>
{
    private readonly string _url = server.Url;
    private readonly string _tlsUrl = server.TlsUrl;

    private protected override TaskDefinition Says(string text) => Http(HttpVerb.Post, "/echo") with
    {
        Http = Http(HttpVerb.Post, "/echo").Http! with { Body = text },
    };

    private protected override TaskDefinition SaysAttemptKey() => Http(HttpVerb.Get, "/header/Idempotency-Key");

    private protected override TaskDefinition Hangs() => Http(HttpVerb.Get, "/hang");

    private protected override TaskDefinition RefersToNothing() => Http(HttpVerb.Get, "/${workflow.nothing}");

    [Theory]
    [InlineData(HttpVerb.Get)]
    [InlineData(HttpVerb.Post)]
    [InlineData(HttpVerb.Put)]
    [InlineData(HttpVerb.Patch)]
    [InlineData(HttpVerb.Delete)]
    [InlineData(HttpVerb.Options)]
    public async Task Run_EachMethod_IsSent(HttpVerb method) =>
        (await Worker.RunAsync(Http(method, "/method"), Ct)).Output!.Text.ShouldBe(method.ToString().ToUpperInvariant());

    [Fact]
    public async Task Run_Head_HasNoText()
    {
        var outcome = await Worker.RunAsync(Http(HttpVerb.Head, "/method"), Ct);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
        outcome.Output!.Text.ShouldBeNull();
    }

    [Fact]
    public async Task Run_Json_GivesStatusHeadersAndValue()
    {
        var values = (await Worker.RunAsync(Http(HttpVerb.Get, "/json"), Ct)).Output!.Values!;

        values["status_code"].GetInt32().ShouldBe(200);
        values["headers"].GetProperty("content-type").GetString().ShouldStartWith("application/json");
        values["json"].GetProperty("items")[1].GetInt32().ShouldBe(2);
    }

    [Theory]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "is nested 33 levels deep")]
    [InlineData("""{"k":"\ud800"}""", "holds a string that is no text")]
    public async Task Run_JsonThatIsNoValue_IsLeftOutAndSaidSo(string body, string note)
    {
        var outcome = await Worker.RunAsync(Says(body), Ct);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
        outcome.Output!.Text.ShouldBe(body);
        outcome.Output.Values!.ContainsKey("json").ShouldBeFalse();
        Worker.Log.Engine.ShouldContain(line => line.Contains(note));
    }

    [Theory]
    [InlineData("{\"a\": 1}", "application/json")]
    [InlineData("plain {", "text/plain; charset=utf-8")]
    public async Task Run_Body_GetsItsContentType(string body, string type) =>
        (await Worker.RunAsync(Says(body), Ct)).Output!.Values!["headers"].GetProperty("x-content-type").GetString().ShouldBe(type);

    [Theory]
    [InlineData("Authorization", "Bearer t0")]
    [InlineData("authorization", "Basic dTpw")]
    [InlineData("X-Key", "k1")]
    [InlineData("X-Custom", "c1")]
    [InlineData("User-Agent", "Periplon/0.1")]
    public async Task Run_Authentication_IsSent(string header, string value)
    {
        HttpAuth? auth = value switch
        {
            "Bearer t0" => new HttpAuth.Bearer("t0"),
            "Basic dTpw" => new HttpAuth.Basic("u", "p"),
            "k1" => new HttpAuth.ApiKey("X-Key", "k1"),
            "c1" => new HttpAuth.Custom(new Dictionary<string, string> { ["X-Custom"] = "c1" }),
            _ => null,
        };
        var task = Http(HttpVerb.Get, $"/header/{header}");

        (await Worker.RunAsync(task with { Http = task.Http! with { Auth = auth } }, Ct)).Output!.Text.ShouldBe(value);
    }

    [Fact]
    public async Task Run_NotSuccess_FailsWithStatusAndBody()
    {
        var outcome = await Worker.RunAsync(Http(HttpVerb.Get, "/status/503"), Ct);

        outcome.Failure!.Kind.ShouldBe(FailureKinds.HttpStatus);
        outcome.Failure.ExitCode.ShouldBe(503);
        outcome.Failure.Message.ShouldBe("GET 127.0.0.1 answered 503 Service Unavailable: the reason");
        outcome.Output!.Text.ShouldBe("the reason");
    }

    [Fact]
    public async Task Run_RedirectToAnotherOrigin_DropsCredentials()
    {
        var other = _url.Replace("127.0.0.1", "localhost");
        foreach (var (target, expected) in new[] { (_url, "Bearer t0"), (other, "") })
        {
            var task = Http(HttpVerb.Get, $"/redirect?code=302&to={Uri.EscapeDataString(target + "/header/Authorization")}");
            var outcome = await Worker.RunAsync(task with { Http = task.Http! with { Auth = new HttpAuth.Bearer("t0") } }, Ct);

            outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
            (outcome.Output!.Text ?? "").ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData(302, "GET")]
    [InlineData(303, "GET")]
    [InlineData(307, "POST")]
    [InlineData(308, "POST")]
    public async Task Run_RedirectOfAPost_KeepsOrDropsTheMethod(int code, string method) =>
        (await Worker.RunAsync(Http(HttpVerb.Post, $"/redirect?code={code}&to=/method"), Ct)).Output!.Text.ShouldBe(method);

    [Fact]
    public async Task Run_RedirectsNotFollowed_FailsWithTheirStatus()
    {
        var task = Http(HttpVerb.Get, "/redirect?code=302&to=/method");

        (await Worker.RunAsync(task with { Http = task.Http! with { FollowRedirects = false } }, Ct)).Failure!.ExitCode.ShouldBe(302);
    }

    [Fact]
    public async Task Run_EndlessRedirects_GivesUp() =>
        (await Worker.RunAsync(Http(HttpVerb.Get, "/loop"), Ct)).Failure!.Message.ShouldContain("more than 10 times");

    [Fact]
    public async Task Run_SecretBodyRedirectedToAnotherOrigin_IsNotSent()
    {
        var other = _url.Replace("127.0.0.1", "localhost");
        var task = Http(HttpVerb.Post, $"/redirect?code=307&to={Uri.EscapeDataString(other + "/echo")}");
        var workflow = new WorkflowDefinition
        {
            Name = "test", Version = "1", Secrets = new Dictionary<string, SecretDefinition> { ["k"] = new(new SecretSource.Value("s3cr3t-value")) },
        };
        var outcome = await Worker.RunAsync(Worker.Request(task with { Http = task.Http! with { Body = "k=${secret.k}" } }, workflow), Ct);

        outcome.Failure!.Message.ShouldContain("the body holds a secret");
    }

    [Fact]
    public async Task Run_DecompressionBomb_IsCutAtTheBound()
    {
        var outcome = await Worker.RunAsync(Http(HttpVerb.Get, "/bomb"), Ct);

        outcome.Kind.ShouldBe(TaskOutcomeKind.Completed);
        outcome.Output!.Artifact!.Size.ShouldBe(64 * 1024 * 1024);
        Worker.Log.Engine.ShouldContain(line => line.Contains("the rest is not read"));
    }

    [Fact]
    public async Task Run_CertificateOfItsOwnMaking_NeedsVerifyTlsFalse()
    {
        var task = new TaskDefinition { Id = "job", Http = new HttpDefinition { Method = HttpVerb.Get, Url = _tlsUrl + "/method" } };
        var refused = await Worker.RunAsync(task, Ct);

        refused.Failure!.Kind.ShouldBe(FailureKinds.Network);
        refused.Failure.Message.ShouldContain("TLS failed");
        (await Worker.RunAsync(task with { Http = task.Http! with { VerifyTls = false } }, Ct)).Output!.Text.ShouldBe("GET");
    }

    [Theory]
    [InlineData("http://no-such-host.invalid/", FailureKinds.Network, "no-such-host.invalid")]
    [InlineData("http://127.0.0.1:1/", FailureKinds.Network, "no connection to port 1")]
    [InlineData("http://169.254.169.254/latest/meta-data", FailureKinds.Network, "metadata address")]
    [InlineData("http://[::ffff:169.254.1.1]/", FailureKinds.Network, "metadata address")]
    [InlineData("ftp://host/", FailureKinds.Input, "http://")]
    [InlineData("http://user:pass@host/", FailureKinds.Input, "auth:")]
    [InlineData("nonsense", FailureKinds.Input, "'nonsense'")]
    public async Task Run_TargetThatCannotBeReached_SaysWhy(string url, string kind, string message)
    {
        var outcome = await Worker.RunAsync(new TaskDefinition { Id = "job", Http = new HttpDefinition { Method = HttpVerb.Get, Url = url } }, Ct);

        outcome.Failure!.Kind.ShouldBe(kind);
        outcome.Failure.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("169.254.169.254", true)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00:ec2::254", true)]
    [InlineData("64:ff9b::a9fe:a9fe", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:192.168.0.1", false)]
    public void Refuse_Address_DependsOnItsRange(string address, bool always)
    {
        var ip = IPAddress.Parse(address);

        (new HttpTargetPolicy(new TaskOptions()).Refuse("host", ip) is not null).ShouldBe(always);
        new HttpTargetPolicy(new TaskOptions { AllowPrivateNetworks = false }).Refuse("host", ip).ShouldNotBeNull();
        new HttpTargetPolicy(new TaskOptions { AllowPrivateNetworks = false }).Refuse("host", IPAddress.Parse("93.184.215.14")).ShouldBeNull();
    }

    private TaskDefinition Http(HttpVerb method, string path) =>
        new() { Id = "job", Http = new HttpDefinition { Method = method, Url = _url + path } };
}
