using System.Collections.Concurrent;

namespace Periplon.Tests.Corpus;

/// <summary>Runs all files once, a few at a time; the tests look at what became of them.</summary>
public sealed class CorpusRuns : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("periplon-corpus-").FullName;
    private readonly ConcurrentDictionary<string, CorpusRun> _runs = new(StringComparer.Ordinal);

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = await CorpusServer.StartAsync(token);
        var work = CorpusTable.Rows
            .Select(row => (row.Name, Run: (Func<Task<CorpusRun>>)(() => CorpusRunner.RunAsync(row, server.Address, _root, token))))
            .Concat(ExtraFile.All.Select(
                file => (file.Name, Run: (Func<Task<CorpusRun>>)(() => file.RunAsync(server.Address, _root, token)))));
        await Parallel.ForEachAsync(work, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = token }, async (job, _) =>
            _runs[job.Name] = await job.Run());
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return ValueTask.CompletedTask;
    }

    internal CorpusRun Of(string name) => _runs[name];
}
