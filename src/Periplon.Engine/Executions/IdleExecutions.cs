using Orleans.Configuration;

namespace Periplon.Engine.Executions;

/// <summary>
/// How long an execution that has nothing to do keeps its memory. The sweep wakes it in time, a claim or a message wakes it at once;
/// reading its journal again costs less than keeping hundreds of thousands of them.
/// </summary>
internal static class IdleExecutions
{
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public static void KeepIdleExecutionsShortly(this ISiloBuilder silo) => silo.Configure<GrainCollectionOptions>(options =>
    {
        options.CollectionQuantum = Interval;
        options.ClassSpecificCollectionAge[typeof(ExecutionGrain).FullName!] = Age;
    });
}
