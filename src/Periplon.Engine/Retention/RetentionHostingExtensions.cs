using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Retention;

/// <summary>Puts retention into a host.</summary>
internal static class RetentionHostingExtensions
{
    /// <summary>Retention with its options, those of the host or the defaults.</summary>
    public static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.TryAddSingleton(new RetentionOptions());
        services.AddExecutionPurge();
        services.AddSingleton<MonthlyPartitions>();
        services.AddSingleton(provider => new AgedTables(
            provider.GetRequiredService<Database>(), Aged, provider.GetRequiredService<RetentionInstruments>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FreedSpace>();
        services.AddSingleton<RetentionRound>();
        services.AddSingleton<ArtifactSweep>();
        services.AddHostedService<RetentionService>();
        return services;
    }

    /// <summary>What deletes single executions.</summary>
    private static void AddExecutionPurge(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => provider.GetRequiredService<EngineInstruments>().Retention);
        services.TryAddSingleton<ExecutionPurge>();
        services.TryAddSingleton<IExecutionPurge>(provider => provider.GetRequiredService<ExecutionPurge>());
    }

    /// <summary>
    /// Tables beside those of executions whose rows are forgotten by age. Runs of schedules and triggers and bulk actions are not among
    /// them: their owners know until when they are a fence.
    /// </summary>
    internal static IReadOnlyList<AgedTable> Aged { get; } = [new("schedule_backfills", "completed_at", "id")];
}
