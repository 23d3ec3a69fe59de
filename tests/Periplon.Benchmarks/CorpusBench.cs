using System.Diagnostics;
using Periplon.Core.Reuse;
using Periplon.Core.Yaml;

namespace Periplon.Benchmarks;

/// <summary>Validates a folder of workflow files: how many are valid, and how long the largest takes.</summary>
internal static class CorpusBench
{
    private const int Rounds = 20;

    public static async Task<int> RunAsync(string folder)
    {
        if (!Directory.Exists(folder))
        {
            await Console.Error.WriteLineAsync($"Error: there is no folder '{folder}'; name one with workflow files");
            return 2;
        }

        var files = Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories)
            .OrderBy(file => new FileInfo(file).Length).ToList();
        if (files.Count == 0)
        {
            await Console.Error.WriteLineAsync($"Error: the folder '{folder}' has no *.yaml file");
            return 2;
        }

        var largest = files[^1];
        var cold = new List<TimeSpan>();
        for (var round = 0; round < 5; round++)
        {
            cold.Add(await ValidateInAProcessAsync(largest));
        }

        var text = await File.ReadAllTextAsync(largest);
        var warm = new List<TimeSpan>();
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            WorkflowBundle.Read(text, WorkflowResources.None);
            warm.Add(Stopwatch.GetElapsedTime(start));
        }

        var valid = files.Count(file => IsValid(File.ReadAllText(file)));
        Console.WriteLine($"corpus      {valid} of {files.Count} files are valid");
        Console.WriteLine($"largest     {Path.GetFileName(largest)}, {text.Length / 1024.0:F1} KB, {text.Count(c => c == '\n')} lines");
        Console.WriteLine(
            $"validate    {Median(warm).TotalMilliseconds:F1} ms in a process, median of {warm.Count} "
            + $"(first {warm[0].TotalMilliseconds:F0} ms)");
        Console.WriteLine($"            {Median(cold).TotalMilliseconds:F0} ms as 'periplon validate', median of {cold.Count}");
        return 0;
    }

    // What a file takes from elsewhere is not looked for.
    private static bool IsValid(string text)
    {
        var bundle = WorkflowBundle.Read(text, WorkflowResources.None);
        var missing = bundle.Missing.Select(each => each.Path).ToHashSet();
        return bundle.Diagnostics.All(found => found.Severity is not DiagnosticSeverity.Error || missing.Contains(found.Path));
    }

    private static async Task<TimeSpan> ValidateInAProcessAsync(string file)
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "periplon.exe" : "periplon");
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(program, ["validate", file])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await Task.WhenAll(output, error);
        return Stopwatch.GetElapsedTime(start);
    }

    private static TimeSpan Median(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
