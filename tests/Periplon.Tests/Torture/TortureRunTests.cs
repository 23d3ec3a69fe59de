using System.Diagnostics;

namespace Periplon.Tests.Torture;

/// <summary>
/// Short runs of the torture program, two minutes together, as a process of its own: real processes of the program, killed, frozen and cut
/// off at random. Its seed is in the output, and its logs stay where that says.
/// </summary>
[Collection(TortureCollection.Name)]
public sealed class TortureRunTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public Task Cluster_OverPostgres_LosesNothingAndIsNeverStuck() =>
        TortureAsync("--database", "postgres", "--silos", "3", "--minutes", "1.3");

    [Fact]
    public Task Server_OverSqlite_LosesNothingAndIsNeverStuck() => TortureAsync("--database", "sqlite", "--minutes", "0.7");

    private static async Task TortureAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "periplon-torture"), arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Ct);
        var error = process.StandardError.ReadToEndAsync(Ct);
        try
        {
            await process.WaitForExitAsync(Ct);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(await output);
        process.ExitCode.ShouldBe(0, $"{await output}\n{await error}");
    }
}

/// <summary>Alone in its time: it uses all processors, and judges how long things take.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TortureCollection
{
    public const string Name = "torture";
}
