using Microsoft.Extensions.Options;

namespace Periplon.Engine.Queue;

/// <summary>Which partition of the queue an execution belongs to. The number of partitions is fixed for a database.</summary>
internal sealed class QueuePartitions(IOptions<EngineOptions> options)
{
    /// <summary>Name of the queue that all executions use.</summary>
    public const string DefaultQueue = "default";

    /// <summary>Number of partitions.</summary>
    public int Count { get; } = options.Value.Partitions;

    /// <summary>The partition of an execution: FNV-1a over its id, modulo the number of partitions.</summary>
    public int Of(Guid executionId)
    {
        Span<byte> bytes = stackalloc byte[16];
        executionId.TryWriteBytes(bytes);
        var hash = 2166136261u;
        foreach (var value in bytes)
        {
            hash = (hash ^ value) * 16777619u;
        }

        return (int)(hash % (uint)Count);
    }

    /// <summary>The grain key of a partition.</summary>
    public static string KeyOf(int partition) => $"{DefaultQueue}/{partition}";

    /// <summary>The partition that a grain key names.</summary>
    public static int PartitionOf(string key) => int.Parse(key.AsSpan(key.LastIndexOf('/') + 1));
}
