using Periplon.Configuration;
using Periplon.Hosting;

namespace Periplon.Tests.Configuration;

public sealed class DatabaseUrlTests : IDisposable
{
    private readonly ConfigFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("postgres://app:s%40cret@db.example:6543/main?sslmode=require", "db.example", 6543, "main", "app", "s@cret")]
    [InlineData("postgresql://app@[::1]/main", "::1", 5432, "main", "app", null)]
    [InlineData("postgres://app@/main?host=/var/run/postgresql", "/var/run/postgresql", 5432, "main", "app", null)]
    [InlineData("Host=db;Port=6000;Username=app;Password=a;Database=main", "db", 6000, "main", "app", "a")]
    public void TryParse_GoodForm_GivesTheDriversForm(string text, string host, int port, string database, string user, string? password)
    {
        DatabaseUrl.TryParse(text, out var connection, out var problem).ShouldBeTrue(problem);

        (connection.Host, connection.Port, connection.Database, connection.Username, connection.Password)
            .ShouldBe((host, port, database, user, password));
    }

    [Theory]
    [InlineData("mysql://u:hidden@h/d", "the scheme is 'mysql'")]
    [InlineData("postgres://u:hidden@h", "names no database")]
    [InlineData("Username=u;Password=hidden;Database=d", "names no host")]
    [InlineData("Hostt=u;Password=hidden", "is not the address of a PostgreSQL database")]
    [InlineData("postgres://u:hidden@h:port/d", "the URL cannot be read")]
    [InlineData("postgres://u:hidden@h/d?sslmode=perhaps", "is not the address of a PostgreSQL database")]
    public void Load_BadForm_IsAMistakeThatHidesThePassword(string text, string expected)
    {
        _fixture.Variables["DATABASE_URL"] = text;

        var problem = _fixture.Load().Problems.ShouldHaveSingleItem();

        problem.Path.ShouldBe("DATABASE_URL");
        problem.Message.ShouldContain(expected);
        problem.Message.ShouldNotContain("hidden");
    }

    [Fact]
    public void Load_DatabaseUrlBesideTheShippedFile_SwitchesToPostgres()
    {
        _fixture.Variables["DATABASE_URL"] = "postgres://u:p@h/d";

        var config = _fixture.Load(Repository.PathOf(ConfigSources.DefaultFile)).Config!;

        config.Storage.Backend.ShouldBe("postgres");
        DatabaseUrl.ConnectionString(config.Storage).ShouldBe(
            "Host=h;Database=d;Username=u;Password=p;Timeout=15");
    }

    [Fact]
    public void OptionsOf_Postgres_StaysWithinTheConfiguredConnections()
    {
        _fixture.Variables["DATABASE_URL"] = "postgres://u:p@h/d";

        var options = DatabaseConnections.OptionsOf(_fixture.LoadGood(), _fixture.Directory);

        (options.JournalFlushers + 2 + options.ReadPoolSize + options.EnginePoolSize).ShouldBeInRange(40, 50);
    }

    [Fact]
    public void Load_OwnVariable_WinsOverDatabaseUrl()
    {
        _fixture.Variables["DATABASE_URL"] = "postgres://u:p@h/d";
        _fixture.Variables["PERIPLON__STORAGE__URL"] = "postgres://u:p@other/d";

        _fixture.LoadGood().Storage.Url.ShouldBe("postgres://u:p@other/d");
    }
}
