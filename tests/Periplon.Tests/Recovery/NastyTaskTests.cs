using Periplon.Engine.Storage;
using Periplon.Engine.Tests.Storage;

namespace Periplon.Tests.Recovery;

/// <summary>Tasks that behave badly: the server stays well, and others complete meanwhile.</summary>
public sealed class NastyTaskTests
{
    [Fact]
    public async Task Server_WithNastyTasks_StaysWellAndCompletesOthersMeanwhile()
    {
        await using var work = await Workspace.CreateAsync();
        await using var server = await work.ServeAsync();
        await server.SaveAsync(Script("flood", "echo $$ >> " + work.PathOf("flood") + "\nhead -c 200000000 /dev/zero | tr '\\0' 'x'"));
        await server.SaveAsync(Script("deaf", $"trap '' TERM INT HUP\necho $$ >> {work.PathOf("deaf")}\nwhile true; do sleep 0.05; done"));
        await server.SaveAsync(Script("forking", $"(setsid sh -c 'echo $$ >> {work.PathOf("child")}; exec sleep 600' &)\nwhile [ ! -s {work.PathOf("child")} ]; do sleep 0.05; done"));
        await server.SaveAsync(Script("good", "echo fine"));

        var flood = await server.StartExecutionAsync("flood");
        var deaf = await server.StartExecutionAsync("deaf");
        var forking = await server.StartExecutionAsync("forking");
        await work.LinesAsync("flood", 1);
        await work.LinesAsync("deaf", 1);
        for (var i = 0; i < 3; i++)
        {
            (await server.EndAsync(await server.StartExecutionAsync("good"))).ShouldBe("completed");
        }

        (await server.EndAsync(flood)).ShouldBe("completed");
        (await server.EndAsync(forking)).ShouldBe("completed");
        await GoneAsync(work, "child");

        await server.CancelAsync(deaf);
        (await server.EndAsync(deaf)).ShouldBe("cancelled");
        await GoneAsync(work, "deaf");
        (await server.Http.GetAsync(new Uri("/ready", UriKind.Relative), TestContext.Current.CancellationToken)).IsSuccessStatusCode.ShouldBeTrue();
    }

    [Theory]
    [InlineData(nameof(DatabaseKind.Sqlite))]
    [InlineData(nameof(DatabaseKind.Postgres))]
    public async Task Server_TasksWhoseTextIsNotText_EndLikeAllOthers(string kind)
    {
        await using var work = await Workspace.CreateAsync(Enum.Parse<DatabaseKind>(kind));
        await using var server = await work.ServeAsync();
        const string Bytes = @"printf 'a\000b\377\376c\n\000\n'";
        await server.SaveAsync(Script("good", $"{Bytes}\nprintf '::set-output name=value::x\\000y\\n'"));
        await server.SaveAsync(Script("bad", $"{Bytes} >&2\nexit 3"));
        await server.SaveAsync(Script("output", Bytes, "outputs: {all: '${task.t.output}'}"));
        (await server.EndAsync(await server.StartExecutionAsync("good"))).ShouldBe("completed");
        (await server.EndAsync(await server.StartExecutionAsync("bad"))).ShouldBe("failed");
        (await server.EndAsync(await server.StartExecutionAsync("output"))).ShouldBe("completed");
    }

    private static Task GoneAsync(Workspace work, string file) => Eventually.TrueAsync(
        $"the process of {file} is gone", () => Task.FromResult(!Directory.Exists($"/proc/{work.Lines(file)[0]}")), 60);

    private static string Script(string name, string content, string head = "") =>
        $"name: {name}\nversion: 1.0.0\n{head}\ntasks:\n  t:\n    script:\n      language: bash\n      content: |\n        "
        + content.Replace("\n", "\n        ", StringComparison.Ordinal) + "\n";
}
