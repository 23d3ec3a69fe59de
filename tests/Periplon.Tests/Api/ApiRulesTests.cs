using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Periplon.Api;
using Periplon.Client.Executions;

namespace Periplon.Tests.Api;

/// <summary>What holds for every route.</summary>
public sealed class ApiRulesTests
{
    private static readonly string[] _public =
        ["/health", "/ready", "/live", "/version", "/stats", "/metrics", "/docs", "/openapi/{documentName}.json",
            "/api/v1/hooks/{id}"];

    [Fact]
    public async Task EveryRoute_NamesItsPermission()
    {
        await using var api = await ApiHost.StartAsync();
        var routes = Routes(api);
        routes.Count.ShouldBeGreaterThan(25);
        foreach (var route in routes)
        {
            var permission = route.Metadata.GetMetadata<PermissionMetadata>()?.Permission;
            permission.ShouldNotBeNullOrEmpty(route.DisplayName);
            (permission == Permissions.Public).ShouldBe(_public.Contains(route.RoutePattern.RawText), route.DisplayName);
        }
    }

    [Fact]
    public async Task OpenApi_ListsEveryRoute()
    {
        await using var api = await ApiHost.StartAsync();
        var answer = await api.GetAsync("/openapi/v1.json");
        answer.Status.ShouldBe(200, answer.Text);
        var paths = answer.Json["paths"]!.AsObject();
        foreach (var route in Routes(api).Where(route => !route.RoutePattern.RawText!.StartsWith("/openapi", StringComparison.Ordinal)))
        {
            var template = route.RoutePattern.RawText!.TrimEnd('/');
            foreach (var method in route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods)
            {
                (paths[template] ?? paths[template + "/"]).ShouldNotBeNull($"{method} {template}")
                    [method.ToLowerInvariant()].ShouldNotBeNull($"{method} {template}");
            }
        }

        paths["/api/v1/executions"]!["get"]!["parameters"]!.AsArray().Select(p => p!["name"]!.GetValue<string>()).ShouldBe(
            [
                "workflow_id", "status", "triggered_by", "label", "created_after", "created_before", "parent_execution_id", "retry_of",
                "parent", "limit",
                "offset", "cursor",
            ]);
        paths["/api/v1/executions"]!["post"]!["operationId"]!.GetValue<string>().ShouldBe("StartExecution");
        var schemas = answer.Json["components"]!["schemas"]!;
        schemas["ExecutionObject"]!["properties"]!["input_params"].ShouldNotBeNull();
        schemas["ExecutionObject"]!["properties"]!["retry_count"]!["type"]!.GetValue<string>().ShouldBe("integer");
        schemas["ExecutionObject"]!["properties"]!["created_at"]!["type"]!.GetValue<string>().ShouldBe("string");
        schemas["StartExecutionRequest"]!["properties"]!["parent_execution_id"].ShouldNotBeNull();
    }

    [Fact]
    public async Task Server_ListensOnLoopbackOnly()
    {
        await using var api = await ApiHost.StartAsync();
        api.App.Urls.Select(url => IPAddress.Parse(new Uri(url).Host)).ShouldAllBe(address => IPAddress.IsLoopback(address));
    }

    [Theory]
    [InlineData("GET", "evil.example", null, 403)]
    [InlineData("POST", "localhost", "https://evil.example", 403)]
    [InlineData("POST", "localhost", "null", 403)]
    [InlineData("POST", "localhost:9", "http://localhost:9", 400)]
    [InlineData("GET", "LOCALHOST", "https://evil.example", 200)]
    public async Task PageFromElsewhere_IsRefused(string method, string host, string? origin, int status)
    {
        await using var api = await ApiHost.StartAsync();
        var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1/executions");
        request.Headers.Host = host;
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        if (method == "POST")
        {
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        }

        (await api.SendAsync(request)).Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("GET", "/api/v1/nothing", 404, "no route GET /api/v1/nothing")]
    [InlineData("PATCH", "/api/v1/workflows", 405, "does not take PATCH")]
    [InlineData("DELETE", "/health", 405, "does not take DELETE")]
    [InlineData("GET", "/api/v1/executions?triggered_by=a%00", 400, "NUL character")]
    [InlineData("GET", "/api/v1/workflows?name=%00", 400, "NUL character")]
    public async Task UnknownRouteOrMethod_IsAProblem(string method, string path, int status, string expected)
    {
        await using var api = await ApiHost.StartAsync();
        var answer = await api.SendAsync(new HttpMethod(method), path, null);
        if (path.StartsWith("/api", StringComparison.Ordinal))
        {
            answer.ShouldBeProblem(status).ShouldContain(expected);
        }

        answer.Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("/api/v1/executions", "text/plain")]
    [InlineData("/api/v1/executions", "application/yaml")]
    [InlineData("/api/v1/executions", "application/json; charset=latin1")]
    [InlineData("/api/v1/executions", null)]
    [InlineData("/api/v1/workflows", "application/xml")]
    [InlineData("/api/v1/workflows/validate", "application/octet-stream")]
    [InlineData("/api/v1/executions/018f0000-0000-7000-8000-0000000000aa/cancel", "text/html")]
    public async Task WrongContentType_Is415(string path, string? contentType)
    {
        await using var api = await ApiHost.StartAsync();
        api.AddExecution();
        (await api.PostAsync(path, "{}", contentType)).ShouldBeProblem(415).ShouldContain($"'{contentType}'");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BodyOverTheLimit_Is413(bool chunked)
    {
        await using var api = await ApiHost.StartAsync(options => options.MaxBodyBytes = 4096);
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/workflows")
        {
            Content = Yaml(4097),
        };
        request.Headers.TransferEncodingChunked = chunked;
        (await api.SendAsync(request)).ShouldBeProblem(413).ShouldContain("4096 bytes");
        var fits = new HttpRequestMessage(HttpMethod.Post, "/api/v1/workflows")
        {
            Content = Yaml(4096),
        };
        fits.Headers.TransferEncodingChunked = chunked;
        (await api.SendAsync(fits)).Status.ShouldBe(201);
    }

    [Fact]
    public async Task BodyThatIsNotUtf8_IsRefused()
    {
        await using var api = await ApiHost.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/workflows")
        {
            Content = new ByteArrayContent([(byte)'a', 0xC3, 0x28]) { Headers = { ContentType = new("application/yaml") } },
        };
        (await api.SendAsync(request)).ShouldBeProblem(400).ShouldContain("offset 1");
    }

    [Fact]
    public async Task UnhandledException_HidesTheInternalsAndGivesATrace()
    {
        await using var api = await ApiHost.StartAsync();
        api.Stores.Failure = new InvalidOperationException("Host=db;Password=hunter2");
        var answer = await api.GetAsync($"/api/v1/executions/{Samples.ExecutionId}");
        answer.ShouldBeProblem(500);
        answer.Text.ShouldNotContain("hunter2");
        var trace = answer.Json["trace_id"]!.GetValue<string>();
        trace.ShouldNotBeEmpty();
        api.Log.Lines.ShouldContain(line => line.Contains(trace) && line.Contains("hunter2"));
    }

    [Fact]
    public async Task StorageTimeout_Is503()
    {
        await using var api = await ApiHost.StartAsync();
        api.Stores.Failure = new TimeoutException();
        var answer = await api.GetAsync("/api/v1/executions");
        answer.ShouldBeProblem(503);
        answer.Headers["Retry-After"].ShouldBe("1");
    }

    [Fact]
    public void FromKey_SameKeySameScope_GivesTheSameIdInTheDefaultPartition()
    {
        var id = ExecutionIds.FromKey("default", "POST /api/v1/executions", "k");
        // Stored ids depend on it: a change here would start yesterday's requests anew.
        id.ShouldBe(Guid.Parse("00000000-0000-8757-8c2a-529c8185f932"));
        new[]
        {
            ExecutionIds.FromKey("other", "POST /api/v1/executions", "k"),
            ExecutionIds.FromKey("default", "POST /api/v1/workflows", "k"),
            ExecutionIds.FromKey("default", "POST /api/v1/executions", "l"),
            ExecutionIds.FromKey("defaultP", "OST /api/v1/executions", "k"),
        }.ShouldNotContain(id);
    }

    [Fact]
    public void Options_OutOfRange_AreRefusedAtStart() =>
        Should.Throw<System.ComponentModel.DataAnnotations.ValidationException>(
            () => new ServiceCollection().AddPeriplonApi(new ApiOptions { Port = 70_000 })).Message.ShouldContain("Port");

    private static ByteArrayContent Yaml(int size) =>
        new(Encoding.UTF8.GetBytes(new string('x', size))) { Headers = { ContentType = new("application/yaml") } };

    private static List<RouteEndpoint> Routes(ApiHost api) =>
        [.. api.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];
}
