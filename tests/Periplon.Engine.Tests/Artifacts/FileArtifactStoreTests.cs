using System.Security.Cryptography;
using System.Text;
using Periplon.Core.Executions;
using Periplon.Engine.Artifacts;

namespace Periplon.Engine.Tests.Artifacts;

public sealed class FileArtifactStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("periplon-artifacts-").FullName;
    private readonly Guid _execution = Guid.CreateVersion7();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Root => Path.Combine(_folder, "root");

    private FileArtifactStore Store => new(Root);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Put_ThenOpen_GivesTheSameBytes()
    {
        var content = RandomNumberGenerator.GetBytes(300_000);
        var artifact = await Store.PutAsync(_execution, "build/1/output", new MemoryStream(content), Ct);
        artifact.Size.ShouldBe(content.Length);
        artifact.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(content)));
        (await ReadAsync(artifact)).ShouldBe(content);
    }

    [Fact]
    public async Task Put_SameNameOtherContent_KeepsBoth()
    {
        var first = await PutAsync("build/1/output", "one");
        var second = await PutAsync("build/1/output", "two");
        await PutAsync("build/1/output", "two");
        Encoding.UTF8.GetString(await ReadAsync(first)).ShouldBe("one");
        Encoding.UTF8.GetString(await ReadAsync(second)).ShouldBe("two");
    }

    [Fact]
    public async Task Put_ContentThatBreaksOff_LeavesNothing()
    {
        await Should.ThrowAsync<IOException>(Store.PutAsync(_execution, "x", new BreakingStream(), Ct));
        Directory.GetFiles(Root, "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a\0b\nc")]
    [InlineData("名前 \ud800")]
    [InlineData("C:\\x|<>\"*?")]
    public async Task Put_HostileName_StaysInsideItsFolder(string name)
    {
        var artifact = await PutAsync(name, "content");
        Encoding.UTF8.GetString(await ReadAsync(artifact)).ShouldBe("content");
        Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).ShouldHaveSingleItem()
            .ShouldStartWith(Path.Combine(Root, _execution.ToString("D")[^2..], _execution.ToString("D")) + "/");
    }

    [Fact]
    public async Task Put_VeryLongName_IsStored() =>
        Encoding.UTF8.GetString(await ReadAsync(await PutAsync(new string('n', 5000), "content"))).ShouldBe("content");

    [Theory]
    [InlineData("file:01900000-0000-7000-8000-000000000001/../../../etc/passwd")]
    [InlineData("file:../../etc/passwd")]
    [InlineData("s3://bucket/key")]
    [InlineData("file:01900000-0000-7000-8000-000000000001/x.0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task Open_ForeignOrMissingArtifact_IsNotFound(string uri) =>
        await Should.ThrowAsync<FileNotFoundException>(() => Store.OpenAsync(new(uri, 1, ""), Ct));

    [Fact]
    public async Task Delete_RemovesTheExecutionsArtifactsAlone_AndMayBeRepeated()
    {
        var gone = await PutAsync("x", "gone");
        var kept = await Store.PutAsync(Guid.CreateVersion7(), "x", new MemoryStream([1]), Ct);
        await Store.DeleteAsync(_execution, Ct);
        await Store.DeleteAsync(_execution, Ct);
        await Should.ThrowAsync<FileNotFoundException>(() => Store.OpenAsync(gone, Ct));
        (await ReadAsync(kept)).ShouldBe([1]);
    }

    private Task<ArtifactReference> PutAsync(string name, string content) =>
        Store.PutAsync(_execution, name, new MemoryStream(Encoding.UTF8.GetBytes(content)), Ct);

    private async Task<byte[]> ReadAsync(ArtifactReference artifact)
    {
        await using var stream = await Store.OpenAsync(artifact, Ct);
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Ct);
        return copy.ToArray();
    }

    private sealed class BreakingStream : MemoryStream
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _reads++ < 3 ? new(buffer.Length) : ValueTask.FromException<int>(new IOException("broken off"));
    }
}
