using System.Security.Cryptography;
using System.Text;
using Periplon.Engine.Artifacts;

namespace Periplon.Engine.Tests.Artifacts;

public sealed class CompressedArtifactsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("periplon-artifacts-").FullName;
    private readonly Guid _execution = Guid.CreateVersion7();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private CompressedArtifacts Store => new(new FileArtifactStore(_folder));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(1_000_000)]
    public async Task Put_Compressed_ReadsAsTheContentAndTakesLessRoom(int size)
    {
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("0123456789", size / 10)));

        var artifact = await CompressedArtifacts.PutAsync(Store, _execution, "a/1/output", new MemoryStream(content), compress: true, Ct);

        artifact.Size.ShouldBe(size);
        artifact.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(content)));
        await using var opened = await Store.OpenAsync(artifact, Ct);
        using var read = new MemoryStream();
        await opened.CopyToAsync(read, Ct);
        read.ToArray().ShouldBe(content);
        var stored = new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        stored.ShouldBeLessThan(Math.Max(100, size / 10));
    }

    [Fact]
    public async Task Put_NotCompressed_IsAnOrdinaryArtifact()
    {
        var artifact = await CompressedArtifacts.PutAsync(
            Store, _execution, "a", new MemoryStream([1, 2, 3]), compress: false, Ct);

        artifact.Uri.ShouldStartWith("file:");
        await using var opened = await new FileArtifactStore(_folder).OpenAsync(artifact, Ct);
        opened.Length.ShouldBe(3);
    }
}
