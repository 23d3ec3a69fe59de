using Periplon.Benchmarks;

if (args is not [] && args[0] is "-h" or "--help")
{
    Console.WriteLine(BenchOptions.Usage);
    return 0;
}

if (args is ["--corpus", var folder])
{
    return await CorpusBench.RunAsync(folder);
}

if (!BenchOptions.TryParse(args, out var options, out var problem))
{
    Console.Error.WriteLine($"Error: {problem}\n\n{BenchOptions.Usage}");
    return 2;
}

await using var server = await ServerProcess.StartAsync(options);
Console.WriteLine($"server      {options.Database}, cold start to the first answer of /ready: {server.ColdStart.TotalMilliseconds:F0} ms");
Console.WriteLine($"idle        {server.ResidentBytes() / 1024.0 / 1024.0:F0} MB resident");
using var load = new LoadGenerator(server.Address);
foreach (var scenario in options.Scenarios)
{
    await load.RunAsync(scenario, options);
}

Console.WriteLine($"after load  {server.ResidentBytes() / 1024.0 / 1024.0:F0} MB resident");
return 0;
