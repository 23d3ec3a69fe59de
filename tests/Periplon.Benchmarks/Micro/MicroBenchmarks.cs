using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Periplon.Benchmarks.Micro;

/// <summary>Runs the benchmarks of single functions in this process.</summary>
internal static class MicroBenchmarks
{
    /// <summary>Runs those whose name matches, such as <c>*Journal*</c>; 2 when none does.</summary>
    public static int Run(string filter)
    {
        var files = Directory.CreateTempSubdirectory("periplon-bench-micro-").FullName;
        try
        {
            var config = ManualConfig.CreateEmpty()
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                .AddDiagnoser(MemoryDiagnoser.Default)
                .AddColumnProvider(DefaultColumnProviders.Instance)
                .AddLogger(ConsoleLogger.Default)
                .WithArtifactsPath(files);
            var summaries = BenchmarkSwitcher
                .FromTypes([typeof(LanguageBenchmarks), typeof(PlannerBenchmarks), typeof(JournalBenchmarks)])
                .Run(["--filter", filter], config);
            return summaries.Any(summary => summary.Reports.Any(report => report.Success)) ? 0 : 2;
        }
        finally
        {
            Directory.Delete(files, recursive: true);
        }
    }
}
