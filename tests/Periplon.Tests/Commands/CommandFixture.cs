using Microsoft.Extensions.Time.Testing;
using Periplon.Commands;

namespace Periplon.Tests.Commands;

/// <summary>Runs commands in this process, with writers, variables and a directory of their own.</summary>
internal sealed class CommandFixture : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("periplon-command-").FullName;
    public Dictionary<string, string> Variables { get; } = [];
    public StringWriter Out { get; private set; } = new() { NewLine = "\n" };
    public StringWriter Error { get; private set; } = new() { NewLine = "\n" };
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 2, 12, 0, 1, TimeSpan.Zero));
    public CommandModes Modes { get; set; } = ProgramModes.Create();
    public CancellationToken Cancel { get; set; } = TestContext.Current.CancellationToken;
    public bool IsTerminal { get; set; }
    public bool IsInteractive { get; set; }
    public byte[] Input { get; set; } = [];
    public CancellationToken Abort { get; set; }

    public CommandShell Shell => new()
    {
        Out = Out, Error = Error, Variables = Variables, Directory = Directory, Time = Time, Cancel = Cancel, Abort = Abort,
        IsTerminal = IsTerminal, IsInteractive = IsInteractive, OpenInput = () => new MemoryStream(Input),
    };

    /// <summary>Runs a command line; <see cref="Out"/> and <see cref="Error"/> then hold what it printed.</summary>
    public Task<int> RunAsync(params string[] arguments)
    {
        Out = new StringWriter { NewLine = "\n" };
        Error = new StringWriter { NewLine = "\n" };
        return PeriplonCommand.RunAsync(arguments, Shell, Modes);
    }

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(Directory, name), bytes);
        return name;
    }

    public string Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(Directory, name), text);
        return name;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
