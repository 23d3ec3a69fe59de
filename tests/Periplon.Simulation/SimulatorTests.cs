using System.Collections.Concurrent;
using System.Diagnostics;

namespace Periplon.Simulation;

/// <summary>
/// Many small worlds, each from its own seed. <c>PERIPLON_SIM_SEEDS</c> says how many, <c>PERIPLON_SIM_SEED</c> runs a single one with all that
/// happened in it.
/// </summary>
public sealed class SimulatorTests
{
    private const int DefaultSeeds = 100_000;

    [Fact]
    public void AnyWorld_WhateverGoesWrong_KeepsEveryPromiseAndComesToRest()
    {
        if (Number("PERIPLON_SIM_SEED") is { } only)
        {
            Replay(only);
            return;
        }

        var seeds = Number("PERIPLON_SIM_SEEDS") ?? DefaultSeeds;
        var watch = Stopwatch.StartNew();
        var failures = Simulator.RunAll(0, seeds, () => new Protocol(), TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"{seeds} worlds in {watch.Elapsed.TotalSeconds:0.0} s");
        failures.ShouldBeEmpty();
    }

    [Fact]
    public void World_OfTheSameSeed_IsTheSameHistory()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var first = Simulator.TraceOf(seed);
            first.Count.ShouldBeGreaterThan(3);
            Simulator.TraceOf(seed).ShouldBe(first);
        }
    }

    private static void Replay(long seed)
    {
        var output = TestContext.Current.TestOutputHelper;
        new World(seed, trace: line => output?.WriteLine(line)).Run();
    }

    private static long? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? long.Parse(text) : null;
}

/// <summary>Runs worlds.</summary>
internal static class Simulator
{
    // Enough to see whether failures have one cause.
    private const int MostFailures = 5;

    /// <summary>Runs worlds on all cores; returns what broke, each with the command that shows it.</summary>
    public static IReadOnlyList<string> RunAll(long first, long count, Func<Protocol> protocol, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentBag<string>();
        var next = first - 1;
        void RunSome()
        {
            while (failures.Count < MostFailures && Interlocked.Increment(ref next) is var seed && seed < first + count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Fails(seed, protocol()) is { } problem)
                {
                    failures.Add($"seed {seed}: {problem}\n  PERIPLON_SIM_SEED={seed} dotnet test tests/Periplon.Simulation");
                }
            }
        }

        Parallel.Invoke([.. Enumerable.Repeat((Action)RunSome, Environment.ProcessorCount)]);
        return [.. failures];
    }

    /// <summary>What breaks in a world; null when nothing does.</summary>
    public static string? Fails(long seed, Protocol protocol)
    {
        try
        {
            new World(seed, protocol).Run();
            return null;
        }
        catch (ViolationException e)
        {
            return e.Message;
        }
    }

    /// <summary>Everything that happens in a world.</summary>
    public static IReadOnlyList<string> TraceOf(long seed)
    {
        var lines = new List<string>();
        new World(seed, trace: lines.Add).Run();
        return lines;
    }
}
