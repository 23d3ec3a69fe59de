using System.Collections.Concurrent;
using System.Diagnostics;

namespace Periplon.Simulation;

/// <summary>
/// Many small worlds, each from its own seed. <c>PERIPLON_SIM_SEEDS</c> says how many, <c>PERIPLON_SIM_SEED</c> runs a single one with all
/// that happened in it.
/// </summary>
public sealed class SimulatorTests
{
    private const int DefaultSeeds = 100_000;

    // So long the default number of worlds takes at most on so many cores, the other tests beside it included.
    private const int PromisedCores = 2;
    private static readonly TimeSpan PromisedTime = TimeSpan.FromMinutes(2);

    // Enough to see whether failures have one cause.
    private const int MostFailures = 5;

    [Fact]
    public void AnyWorld_WhateverGoesWrong_KeepsEveryPromiseAndComesToRest()
    {
        if (Number("PERIPLON_SIM_SEED") is { } only)
        {
            Replay(only);
            return;
        }

        var seeds = Number("PERIPLON_SIM_SEEDS") ?? DefaultSeeds;
        var (watch, used) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        var failures = Simulator.RunAll(0, seeds, () => new Protocol(), MostFailures, TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"{seeds} worlds in {watch.Elapsed.TotalSeconds:0.0} s");
        failures.Select(failure => failure.ToString()).ShouldBeEmpty();
        if (seeds == DefaultSeeds)
        {
            // Processor time: what else keeps the machine busy says nothing about the simulator.
            ((Environment.CpuUsage.TotalTime - used) / PromisedCores).ShouldBeLessThan(PromisedTime);
        }
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
    /// <summary>Runs worlds on all cores, until so many have failed; returns those.</summary>
    public static IReadOnlyList<Failure> RunAll(
        long first, long count, Func<Protocol> protocol, int mostFailures, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentBag<Failure>();
        var next = first - 1;
        void RunSome()
        {
            while (failures.Count < mostFailures && Interlocked.Increment(ref next) is var seed && seed < first + count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Fails(seed, protocol()) is { } problem)
                {
                    failures.Add(new Failure(seed, problem));
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

/// <summary>A world in which a promise was broken.</summary>
internal sealed record Failure(long Seed, string Problem)
{
    public override string ToString() =>
        $"seed {Seed}: {Problem}\n  to see it: PERIPLON_SIM_SEED={Seed} dotnet test -c Release tests/Periplon.Simulation";
}
