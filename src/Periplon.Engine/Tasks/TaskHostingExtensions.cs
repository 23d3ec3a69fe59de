using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Caching;
using Periplon.Engine.Tasks.Collections;
using Periplon.Engine.Tasks.Done;
using Periplon.Engine.Tasks.Http;
using Periplon.Engine.Tasks.Models;
using Periplon.Engine.Tasks.Notifications;
using Periplon.Engine.Tasks.Outputs;
using Periplon.Engine.Tasks.Processes;

namespace Periplon.Engine.Tasks;

/// <summary>Adds what runs attempts to a worker.</summary>
internal static class TaskHostingExtensions
{
    /// <summary>
    /// Adds <see cref="AttemptPipeline"/> and the runners of all kinds. The host adds an <c>IArtifactStore</c> and an
    /// <c>ITaskCacheStore</c>.
    /// </summary>
    internal static IServiceCollection AddPeriplonTasks(this IServiceCollection services, Action<TaskOptions>? configure = null)
    {
        var options = services.AddOptions<TaskOptions>().ValidateDataAnnotations().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<TaskOptions>>().Value);
        services.TryAddSingleton<IHttpTargetPolicy, HttpTargetPolicy>();
        services.AddSingleton<HttpConnections>();
        services.AddSingleton<HttpSender>();
        services.AddSingleton<CollectionReader>();
        services.AddSingleton<ProcessWatchdog>();
        services.AddSingleton<ProcessRunner>();
        services.AddSingleton<ProcessAttempt>();
        services.AddSingleton<TaskCache>();
        services.AddSingleton<WholeOutputs>();
        services.AddSingleton<NamedOutputs>();
        services.AddSingleton<OutputFile>();
        services.AddSingleton<IModelProvider, EchoProvider>();
        services.AddSingleton<ModelClients>();
        services.AddSingleton<ModelCall>();
        services.AddSingleton<DoneCheck>();
        services.AddSingleton<FileNotifier>();
        services.AddSingleton<ITaskRunner, ScriptTaskRunner>();
        services.AddSingleton<ITaskRunner, CommandTaskRunner>();
        services.AddSingleton<ITaskRunner, HttpTaskRunner>();
        services.AddSingleton<ITaskRunner, LlmTaskRunner>();
        services.AddSingleton<ITaskRunner, AgentTaskRunner>();
        services.AddSingleton<ITaskRunner, NotifyTaskRunner>();
        services.AddSingleton<AttemptPipeline>();
        return services;
    }
}
