using Npgsql;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

public sealed class DatabaseOptionsTests
{
    [Fact]
    public void Parse_Url_GivesTheDriversForm()
    {
        var options = DatabaseOptions.Parse("postgres://ann:p%40ss%3Aword@db.example:6432/peri%20plon?sslmode=verify-full&application_name=x");
        options.Kind.ShouldBe(DatabaseKind.Postgres);
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        settings.Host.ShouldBe("db.example");
        settings.Port.ShouldBe(6432);
        settings.Username.ShouldBe("ann");
        settings.Password.ShouldBe("p@ss:word");
        settings.Database.ShouldBe("peri plon");
        settings.SslMode.ShouldBe(SslMode.VerifyFull);
        settings.ApplicationName.ShouldBe("x");
    }

    [Theory]
    [InlineData("postgresql://localhost/x", "Postgres")]
    [InlineData("Host=localhost;Database=x", "Postgres")]
    [InlineData("Server=localhost;Database=x", "Postgres")]
    [InlineData("Data Source=./x.db", "Sqlite")]
    [InlineData("sqlite:./x.db", "Sqlite")]
    [InlineData("sqlite:///var/lib/x.db", "Sqlite")]
    public void Parse_KnowsTheDatabaseByItsForm(string text, string kind) =>
        DatabaseOptions.Parse(text).Kind.ToString().ShouldBe(kind);

    [Theory]
    [InlineData("")]
    [InlineData("mysql://localhost/x")]
    [InlineData("postgres://u:secret@localhost/x?no_such_key=1")]
    [InlineData("postgres://u:secret@localhost/x?sslmode=sometimes")]
    [InlineData("Host=localhost;NoSuchKey=1;Password=secret")]
    public void Parse_AnythingElse_IsRefusedWithoutRepeatingThePassword(string text) =>
        Should.Throw<FormatException>(() => DatabaseOptions.Parse(text)).ToString().ShouldNotContain("secret");

    [Fact]
    public async Task Open_Postgres_AddsWhatTheEngineNeedsAndKeepsWhatWasSaid()
    {
        await using var database = Database.Open(new()
        {
            Kind = DatabaseKind.Postgres, ConnectionString = "Host=localhost;Command Timeout=77",
        });
        var settings = new NpgsqlConnectionStringBuilder(database.Engine.ConnectionString);
        settings.MaxAutoPrepare.ShouldBe(32);
        settings.AutoPrepareMinUsages.ShouldBe(2);
        settings.NoResetOnClose.ShouldBeTrue();
        settings.CommandTimeout.ShouldBe(77);
    }
}
