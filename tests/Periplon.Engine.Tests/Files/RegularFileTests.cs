using System.Diagnostics;
using Periplon.Engine.Files;

namespace Periplon.Engine.Tests.Files;

public sealed class RegularFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("periplon-files-").FullName;

    public static TheoryData<string, string> Others => new()
    {
        { "/dev/zero", "is a device, not a file" },
        { "/proc", "is a directory, not a file" },
        { "/nowhere/at/all", "does not exist" },
    };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Others))]
    public void Open_LinkToWhatIsNoFile_IsRefused(string target, string expected)
    {
        var link = Path.Combine(_directory, "link");
        File.CreateSymbolicLink(link, target);

        Should.Throw<IOException>(() => RegularFile.Open(link).Dispose()).Message.ShouldContain(expected);
    }

    [Fact]
    public void Open_PipeNobodyWritesInto_IsRefusedAtOnce()
    {
        var pipe = MakePipe(_directory);

        Should.Throw<IOException>(() => RegularFile.Open(pipe).Dispose()).Message.ShouldBe($"{pipe} is a pipe, not a file");
    }

    [Fact]
    public void ReadBytes_LinkToAFile_GivesItsContentUpToTheBound()
    {
        var (file, link) = (Path.Combine(_directory, "file"), Path.Combine(_directory, "link"));
        File.WriteAllBytes(file, [1, 2, 3]);
        File.CreateSymbolicLink(link, file);

        RegularFile.ReadBytes(link, 3).ShouldBe([1, 2, 3]);
        RegularFile.ReadBytes(link, 2).ShouldBeNull();
    }

    [Fact]
    public void ReadBytes_FileThatTellsNoLength_IsRead() => RegularFile.ReadBytes("/proc/self/stat", 4096)!.ShouldNotBeEmpty();

    [Fact]
    public async Task Open_FileThatGrows_EndsAtTheBound()
    {
        var path = Path.Combine(_directory, "file");
        await File.WriteAllTextAsync(path, "abc", TestContext.Current.CancellationToken);
        await using var file = RegularFile.Open(path);
        await using var content = new BoundedStream(file, path, 4);
        await File.AppendAllTextAsync(path, "def", TestContext.Current.CancellationToken);

        var failure = await Should.ThrowAsync<IOException>(() => content.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));

        failure.Message.ShouldContain("has more than 4 bytes");
    }

    internal static string MakePipe(string directory, string name = "pipe")
    {
        var path = Path.Combine(directory, name);
        Directory.CreateDirectory(directory);
        using var made = Process.Start("mkfifo", [path]);
        made.WaitForExit();
        return path;
    }
}
