using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Periplon.Engine.Bulk;

/// <summary>Puts bulk operations into a host.</summary>
internal static class BulkHostingExtensions
{
    /// <summary>What works through them. The host has storage and the engine.</summary>
    public static IServiceCollection AddBulkOperations(this IServiceCollection services)
    {
        services.TryAddSingleton<BulkStore>();
        services.AddSingleton<BulkActions>();
        services.AddSingleton<BulkAction>(provider => provider.GetRequiredService<BulkActions>().ActAsync);
        services.AddSingleton<BulkRunner>();
        services.AddHostedService<BulkService>();
        return services;
    }
}
