using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;
using Periplon.Engine.Triggers;
using Periplon.Engine.Workflows;

namespace Periplon.Tests.Api;

/// <summary>The API over fakes of grains and workflows, with triggers and operations in a real database.</summary>
internal sealed class TriggerApiFixture : IAsyncDisposable
{
    private TriggerApiFixture(ApiHost api, TestDatabase database) => (Api, Database) = (api, database);

    public ApiHost Api { get; }

    public TestDatabase Database { get; }

    public static async Task<TriggerApiFixture> StartAsync(Action<Periplon.Api.ApiOptions>? configure = null)
    {
        var database = await TestDatabase.CreateAsync(DatabaseKind.Sqlite);
        var api = await ApiHost.StartAsync(configure, services =>
        {
            services.AddSingleton(_ => database.Database);
            services.AddSingleton<WorkflowCatalog>();
        });
        api.AddWorkflow();
        await new WorkflowStore(database.Database).SaveAsync(api.Stores.Workflows[0], null, 0, CancellationToken.None);
        return new TriggerApiFixture(api, database);
    }

    /// <summary>Creates a webhook that starts the sample workflow; its id and secret.</summary>
    public async Task<(Guid Id, string Secret)> AddWebhookAsync(string scheme = "periplon")
    {
        var answer = await Api.PostAsync(
            "/api/v1/triggers",
            $$"""
            {"name":"push {{Guid.NewGuid():N}}","kind":"webhook","workflow":"nightly","inputs":{"ref":"body.ref"},
             "signature":{"scheme":"{{scheme}}"} }
            """);
        answer.Status.ShouldBe(201, answer.Text);
        return (answer.Json["id"]!.GetValue<Guid>(), answer.Json["secret"]!.GetValue<string>());
    }

    /// <summary>Sends a delivery that is signed with the own scheme now, or at another time.</summary>
    public Task<ApiAnswer> DeliverAsync(Guid id, string secret, string body, DateTimeOffset? at = null, string? key = null)
    {
        var seconds = (at ?? Api.Time.GetUtcNow()).ToUnixTimeSeconds();
        var hex = Convert.ToHexStringLower(WebhookSignature.Sign(secret, $"{seconds}.", Encoding.UTF8.GetBytes(body)));
        return SendAsync(id, body, key, ("X-Periplon-Signature", $"t={seconds},v1={hex}"));
    }

    public Task<ApiAnswer> SendAsync(Guid id, string body, string? key, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/hooks/{id}")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        return Api.SendAsync(request);
    }

    /// <summary>Moves the clock until a request that pauses between tries is answered.</summary>
    public async Task<ApiAnswer> AdvanceUntilDoneAsync(Task<ApiAnswer> request)
    {
        await Eventually.TrueAsync("the request is answered", () =>
        {
            Api.Time.Advance(TimeSpan.FromMilliseconds(100));
            return Task.FromResult(request.IsCompleted);
        });
        return await request;
    }

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        await Database.DisposeAsync();
    }
}
