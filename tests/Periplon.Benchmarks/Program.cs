using Periplon.Benchmarks;

if (args is not [] && args[0] is "-h" or "--help")
{
    Console.WriteLine(BenchOptions.Usage);
    return 0;
}

if (args is ["--machine", ..])
{
    MachineBenchmark.Run(args is [_, var number] && int.TryParse(number, out var tasks) ? tasks : 10_000);
    return 0;
}

if (args is ["--corpus", var folder])
{
    return await CorpusBench.RunAsync(folder);
}

if (args is ["--retention", "sqlite" or "postgres", ..])
{
    var ended = args.Length > 2 && int.TryParse(args[2], out var asked) ? asked : 100_000;
    return await RetentionBench.RunAsync(args[1], args.Length > 3 ? args[3] : null, ended);
}

var schedules = ScheduleBench.CountOf(ref args);
if (!BenchOptions.TryParse(args, out var options, out var problem))
{
    Console.Error.WriteLine($"Error: {problem}\n\n{BenchOptions.Usage}");
    return 2;
}

if (options.Queued)
{
    await QueuedScenario.RunAsync(options.Count, options);
    return 0;
}

await using var server = await ServerProcess.StartAsync(options);
Console.WriteLine($"server      {options.Database}, cold start to the first answer of /ready: {server.ColdStart.TotalMilliseconds:F0} ms");
Console.WriteLine($"idle        {server.ResidentBytes() / 1024.0 / 1024.0:F0} MB resident");
if (schedules is { } count)
{
    using var bench = new ScheduleBench(server.Address, count);
    await bench.RunAsync(server);
    return 0;
}

using var load = new LoadGenerator(server.Address);
foreach (var scenario in options.Scenarios)
{
    await load.RunAsync(scenario, options, server);
}

foreach (var scenario in options.LargeScenarios)
{
    await load.RunOnceAsync(scenario, options, server);
}

Console.WriteLine($"after load  {server.ResidentBytes() / 1024.0 / 1024.0:F0} MB resident");
return 0;
