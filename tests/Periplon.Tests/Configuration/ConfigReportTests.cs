using Periplon.Configuration;

namespace Periplon.Tests.Configuration;

public sealed class ConfigReportTests : IDisposable
{
    private readonly ConfigFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("postgres://app:pw@db/main", "postgres://app:***@db/main")]
    [InlineData("postgres://app:p@w@db/main", "postgres://app:***@db/main")]
    [InlineData("postgres://db/main?password=pw&sslmode=require", "postgres://db/main?password=***&sslmode=require")]
    [InlineData("Host=db;Password=pw;Database=d", "Host=db;Password=***;Database=d")]
    [InlineData("host=db;pwd = 'a b';Database=d", "host=db;pwd = ***;Database=d")]
    [InlineData("sk-abcdef", "***")]
    public void MaskSecret_AnyForm_HidesThePassword(string text, string shown) => SecretMask.MaskSecret(text).ShouldBe(shown);

    [Fact]
    public void Render_SecretsInTheFile_NeverShows()
    {
        _fixture.Write("""
            {"storage": {"backend": "postgres", "url": "postgres://u:hunter2@h/d"}, "ai": {"api_key": "sk-hunter2", "endpoint": "https://u:hunter2@host/"},
             "auth": {"jwt_secret": "hunter2hunter2hunter2hunter2hunter2"}}
            """);
        var result = _fixture.Load();

        var shown = ConfigReport.Render(result.Config!, result, origins: false).ToJsonString();

        shown.ShouldNotContain("hunter2");
        shown.ShouldContain("postgres://u:***@h/d");
    }

    [Fact]
    public void Render_WithOrigins_SaysWhereEachValueCameFrom()
    {
        _fixture.Variables["PERIPLON__SERVER__PORT"] = "9";
        var result = _fixture.Load();

        var server = ConfigReport.Render(result.Config!, result, origins: true)["server"]!;

        server["port"]!.ToJsonString().ShouldBe("""{"value":9,"origin":"env:PERIPLON__SERVER__PORT"}""");
        server["host"]!.ToJsonString().ShouldBe("""{"value":"127.0.0.1","origin":"default"}""");
    }
}
