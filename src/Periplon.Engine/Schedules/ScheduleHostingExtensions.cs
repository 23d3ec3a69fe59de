using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Schedules;

/// <summary>Puts schedules into a host.</summary>
internal static class ScheduleHostingExtensions
{
    /// <summary>The store of schedules; the database is added before.</summary>
    public static IServiceCollection AddScheduleStore(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new ScheduleStore(provider.GetRequiredService<Database>()));
        services.TryAddSingleton<IScheduleStore>(provider => provider.GetRequiredService<ScheduleStore>());
        services.TryAddSingleton<ISchedulerStore>(provider => provider.GetRequiredService<ScheduleStore>());
        return services;
    }

    /// <summary>What the schedulers of a silo need.</summary>
    public static IServiceCollection AddSchedulers(this IServiceCollection services)
    {
        services.AddScheduleStore();
        services.AddOptions<ScheduleOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<ScheduleInstruments>();
        services.TryAddSingleton<IScheduleStarter, ScheduleStarter>();
        services.AddHostedService<SchedulerWaker>();
        return services;
    }
}
