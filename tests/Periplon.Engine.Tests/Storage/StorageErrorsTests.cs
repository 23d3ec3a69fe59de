using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Serialization;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Tests.Storage;

public sealed class StorageErrorsTests
{
    [Theory]
    [InlineData("57P03", true)]
    [InlineData("40001", true)]
    [InlineData("23505", false)]
    public void IsTransient_ErrorOfTheServer_GoesByItsState(string state, bool expected) =>
        StorageErrors.IsTransient(new PostgresException("no", "FATAL", "FATAL", state)).ShouldBe(expected);

    [Fact]
    public void IsTransient_ErrorOfTheServerThatCameFromAnotherSilo_IsTrue()
    {
        using var services = new ServiceCollection().AddSerializer()
            .Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add("Npgsql"))
            .BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var sent = new PostgresException("the database system is starting up", "FATAL", "FATAL", "57P03");

        var received = serializer.Deserialize<Exception>(serializer.SerializeToArray<Exception>(sent));

        StorageErrors.IsTransient(received.ShouldNotBeNull()).ShouldBeTrue();
    }
}
