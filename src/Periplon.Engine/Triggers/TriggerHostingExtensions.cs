using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Periplon.Engine.Triggers;

/// <summary>Puts triggers into a host.</summary>
internal static class TriggerHostingExtensions
{
    /// <summary>What an ended execution sets off. The host has storage and the engine.</summary>
    public static IServiceCollection AddTriggers(this IServiceCollection services)
    {
        services.AddWebhookTriggers();
        services.AddSingleton<CompletionStarts>();
        services.AddSingleton<CompletionScan>();
        services.AddSingleton<TriggerPauses>();
        services.AddSingleton<PendingRuns>();
        services.AddHostedService<CompletionTriggers>();
        return services;
    }

    /// <summary>What takes deliveries and changes triggers.</summary>
    public static IServiceCollection AddWebhookTriggers(this IServiceCollection services)
    {
        services.TryAddSingleton<TriggerStore>();
        services.TryAddSingleton<TriggerRunStore>();
        services.TryAddSingleton<RepeatedCalls>();
        services.TryAddSingleton<TriggerStarter>();
        services.TryAddSingleton<TriggerSignals>();
        services.TryAddSingleton<WebhookTriggers>();
        return services;
    }
}
