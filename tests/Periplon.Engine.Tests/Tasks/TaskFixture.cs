using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Artifacts;
using Periplon.Engine.Tasks;
using Periplon.Engine.Tasks.Caching;
using Periplon.Engine.Tasks.Models;
using Periplon.Engine.Tasks.Processes;

namespace Periplon.Engine.Tests.Tasks;

/// <summary>A worker's task runners over a directory of their own.</summary>
internal sealed class TaskFixture : IDisposable
{
    private readonly ServiceProvider _services;

    internal TaskFixture(Action<TaskOptions>? configure = null, TimeProvider? time = null)
    {
        Root = System.IO.Directory.CreateTempSubdirectory("periplon-tasks-").FullName;
        _services = new ServiceCollection()
            .AddLogging()
            .AddSingleton<IArtifactStore>(new CompressedArtifacts(Artifacts))
            .AddSingleton<ITaskCacheStore>(Cache)
            .AddSingleton(time ?? Time)
            .AddPeriplonTasks(options =>
            {
                options.WorkRoot = Root;
                options.StopGrace = TimeSpan.FromMilliseconds(300);
                options.LeftoverGrace = TimeSpan.FromMilliseconds(300);
                configure?.Invoke(options);
            })
            .AddSingleton<IModelProvider, HangingProvider>()
            .AddSingleton<IModelProvider>(Recording)
            .AddSingleton<IModelProvider, StreamingProvider>()
            .BuildServiceProvider();
    }

    internal string Root { get; }

    internal RecordingProvider Recording { get; } = new();

    internal MemoryArtifacts Artifacts { get; } = new();

    internal MemoryTaskCache Cache { get; } = new();

    internal ShiftedTime Time { get; } = new();

    internal RecordingLog Log { get; } = new();

    internal Guid ExecutionId { get; } = Guid.CreateVersion7();

    internal AttemptPipeline Pipeline => _services.GetRequiredService<AttemptPipeline>();

    internal ProcessRunner Processes => _services.GetRequiredService<ProcessRunner>();

    internal string Directory => Path.Combine(Root, ExecutionId.ToString());

    internal Task<TaskOutcome> RunAsync(TaskDefinition task, CancellationToken cancellationToken = default) =>
        RunAsync(Request(task), cancellationToken);

    internal Task<TaskOutcome> RunAsync(AttemptRequest request, CancellationToken cancellationToken = default) =>
        Pipeline.RunAsync(request, Log, cancellationToken);

    internal AttemptRequest Request(TaskDefinition task, WorkflowDefinition? workflow = null) => new()
    {
        ExecutionId = ExecutionId,
        TaskPath = task.Id,
        Attempt = 1,
        Task = task,
        Workflow = workflow ?? new WorkflowDefinition { Name = "test", Version = "1" },
    };

    internal static TaskDefinition Bash(string content) => Script(ScriptLanguage.Bash, content);

    internal static TaskDefinition Script(ScriptLanguage language, string content) =>
        new() { Id = "job", Script = new ScriptDefinition { Language = language, Content = content } };

    internal static TaskDefinition Command(string executable, params string[] args) =>
        new() { Id = "job", Command = new CommandDefinition { Executable = executable, Args = args } };

    internal static JsonElement Json(string json) => JsonSerializer.Deserialize<JsonElement>(json);

    public void Dispose()
    {
        _services.Dispose();
        System.IO.Directory.Delete(Root, recursive: true);
    }
}

/// <summary>Remembers lines, and lets tests wait for one.</summary>
internal sealed class RecordingLog : ITaskLog
{
    private readonly Channel<(string Stream, string Line)> _arrivals = Channel.CreateUnbounded<(string, string)>();

    internal ConcurrentQueue<(string Stream, string Line)> Entries { get; } = new();

    internal IEnumerable<string> Stdout => Entries.Where(entry => entry.Stream is "stdout").Select(entry => entry.Line);

    internal IEnumerable<string> Engine => Entries.Where(entry => entry.Stream is "engine").Select(entry => entry.Line);

    public void Write(string stream, string line)
    {
        Entries.Enqueue((stream, line));
        _arrivals.Writer.TryWrite((stream, line));
    }

    /// <summary>The first line from now on that begins with a text.</summary>
    internal async Task<string> LineAsync(string prefix, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (_, line) = await _arrivals.Reader.ReadAsync(cancellationToken);
            if (line.StartsWith(prefix, StringComparison.Ordinal))
            {
                return line;
            }
        }
    }
}

/// <summary>Artifacts in memory.</summary>
internal sealed class MemoryArtifacts : IArtifactStore
{
    private readonly ConcurrentDictionary<string, byte[]> _stored = new();

    internal bool IsDown { get; set; }

    public async Task<ArtifactReference> PutAsync(Guid executionId, string name, Stream content, CancellationToken cancellationToken)
    {
        if (IsDown)
        {
            throw new InvalidOperationException("the store is down");
        }

        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken);
        var uri = $"memory:{executionId}/{name}";
        _stored[uri] = bytes.ToArray();
        return new ArtifactReference(uri, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray())));
    }

    public Task<Stream> OpenAsync(ArtifactReference artifact, CancellationToken cancellationToken) =>
        _stored.TryGetValue(artifact.Uri, out var bytes)
            ? Task.FromResult<Stream>(new MemoryStream(bytes))
            : throw new FileNotFoundException(artifact.Uri);

    internal void Clear() => _stored.Clear();

    public Task DeleteAsync(Guid executionId, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The content of an artifact.</summary>
    internal byte[] this[ArtifactReference artifact]
    {
        get
        {
            using var content = new CompressedArtifacts(this).OpenAsync(artifact, CancellationToken.None).GetAwaiter().GetResult();
            using var bytes = new MemoryStream();
            content.CopyTo(bytes);
            return bytes.ToArray();
        }
    }
}

/// <summary>A cache in memory.</summary>
internal sealed class MemoryTaskCache : ITaskCacheStore
{
    internal ConcurrentDictionary<TaskCacheKey, (TaskCacheEntry Entry, DateTimeOffset? ExpiresAt)> Stored { get; } = new();

    internal bool IsDown { get; set; }

    public Task<TaskCacheEntry?> FindAsync(TaskCacheKey key, DateTimeOffset now, CancellationToken cancellationToken) =>
        IsDown ? throw new InvalidOperationException("the cache is down")
        : Task.FromResult(Stored.TryGetValue(key, out var found) && !(found.ExpiresAt <= now) ? found.Entry : null);

    public Task SaveAsync(TaskCacheKey key, TaskCacheEntry entry, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        Stored[key] = IsDown ? throw new InvalidOperationException("the cache is down") : (entry, expiresAt);
        return Task.CompletedTask;
    }

    public Task<int> PurgeAsync(DateTimeOffset now, DateTimeOffset olderThan, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(Stored.Count(stored => stored.Value.ExpiresAt <= now && Stored.TryRemove(stored)));
}

/// <summary>The clock of this machine, put forward by tests.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private TimeSpan _ahead;

    internal void Advance(TimeSpan by) => _ahead += by;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _ahead;
}

/// <summary>A provider whose models think until they are stopped.</summary>
internal sealed class HangingProvider : IModelProvider
{
    public ModelProvider Provider => ModelProvider.Ollama;

    public IChatClient Open(ModelTarget target) => new HangingClient();

    private sealed class HangingClient : TextChatClient
    {
        protected override async Task<TextAnswer> AnswerAsync(
            IReadOnlyList<ChatMessage> messages, PromptOrigin origin, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return new TextAnswer("never");
        }
    }
}

/// <summary>A provider that keeps what it is asked.</summary>
internal sealed class RecordingProvider : IModelProvider
{
    public ModelProvider Provider => ModelProvider.Codex;

    internal ConcurrentQueue<(string System, string Prompt, PromptOrigin Origin)> Asked { get; } = new();

    public IChatClient Open(ModelTarget target) => new RecordingClient(Asked);

    private sealed class RecordingClient(ConcurrentQueue<(string System, string Prompt, PromptOrigin Origin)> asked)
        : TextChatClient
    {
        protected override Task<TextAnswer> AnswerAsync(
            IReadOnlyList<ChatMessage> messages, PromptOrigin origin, CancellationToken cancellationToken)
        {
            asked.Enqueue((TextOf(messages, ChatRole.System), TextOf(messages, ChatRole.User), origin));
            return Task.FromResult(new TextAnswer("recorded"));
        }
    }
}
