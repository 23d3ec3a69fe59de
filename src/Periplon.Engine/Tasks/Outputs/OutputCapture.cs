using Periplon.Core.Executions;
using Periplon.Core.Workflows;
using Periplon.Engine.Artifacts;

namespace Periplon.Engine.Tasks.Outputs;

/// <summary>Everything one attempt puts out, with bounded memory: its streams, and the values it sets by command lines.</summary>
internal sealed class OutputCapture : IDisposable
{
    private readonly TaskContext _context;
    private readonly TaskOptions _options;
    private readonly IArtifactStore _artifacts;
    private readonly SpoolBudget _budget;
    private readonly AttemptLog _log;
    private readonly OutputCommandReader _commands;
    private readonly List<CapturedStream> _streams = [];

    internal OutputCapture(TaskContext context, TaskOptions options, IArtifactStore artifacts)
    {
        (_context, _options, _artifacts) = (context, options, artifacts);
        Files = new AttemptFiles(options);
        _budget = new SpoolBudget(options.MaxSpillBytes);
        _log = new AttemptLog(context, options);
        _commands = new OutputCommandReader(options, _log);
    }

    /// <summary>Files of the attempt's own.</summary>
    internal AttemptFiles Files { get; }

    /// <summary>Messages of the engine about the attempt.</summary>
    internal void Say(string message) => _log.Say(message);

    /// <summary>Opens a stream. In streams that may hold commands, <c>::set-output</c> and <c>::set-state</c> lines are obeyed.</summary>
    internal CapturedStream Open(string name, long limit, bool commands = false, bool isLogged = true) =>
        Open(name, limit, isLogged ? _log : null, commands ? _commands : null);

    /// <summary>Opens a stream for a text that the log already has.</summary>
    internal CapturedStream OpenSilent(long limit) => Open("stdout", limit, log: null, commands: null);

    /// <summary>
    /// Makes the output out of streams, in their order. The whole text goes to the artifact store when it is larger than the journal takes.
    /// </summary>
    /// <param name="included">Streams that belong to the output.</param>
    /// <param name="code">Exit code or status code.</param>
    /// <param name="store">Whether a large output is worth storing.</param>
    /// <param name="cancellationToken">Stops the storing.</param>
    internal async Task<CapturedOutput> CompleteAsync(
        IReadOnlyList<CapturedStream> included, int? code, bool store, CancellationToken cancellationToken)
    {
        _streams.ForEach(stream => stream.Complete());
        var size = included.Sum(stream => stream.Size);
        var limit = Math.Clamp(_context.Limits.MaxCombinedBytes, 0, _options.InlineOutputBytes);
        var joined = string.Concat(included.Select(stream => stream.Text()));
        var text = Utf8Text.Cut(joined, limit, _context.Limits.TruncationStrategy);
        var output = new TaskOutput
        {
            Text = text.Length is 0 ? null : text,
            Size = size,
            Truncated = text.Length != joined.Length || included.Any(stream => stream.IsCut),
            Values = _commands.Values,
            State = _commands.State,
            ExitCode = code,
        };
        return store && IsStored(size)
            ? await StoreAsync(output, included, cancellationToken)
            : new CapturedOutput(output, _commands.Problem);
    }

    // Limits below what the journal takes say that no more is to be kept, unless the workflow names a size for the store itself.
    private bool IsStored(long size)
    {
        var limits = _context.Limits;
        var kept = Math.Min(limits.MaxCombinedBytes, Math.Max(limits.MaxStdoutBytes, limits.MaxStderrBytes));
        return limits.ExternalStorageThreshold is { } threshold && threshold < _options.InlineOutputBytes
            ? size > threshold
            : size > _options.InlineOutputBytes && kept > _options.InlineOutputBytes;
    }

    private async Task<CapturedOutput> StoreAsync(
        TaskOutput output, IReadOnlyList<CapturedStream> included, CancellationToken cancellationToken)
    {
        if (included.FirstOrDefault(stream => stream.Spool.Problem is not null) is { } broken)
        {
            return new CapturedOutput(output, $"The output could not be kept: {broken.Spool.Problem}");
        }

        if (_budget.IsExceeded)
        {
            Say($"The output has {output.Size} bytes, of which the first {_options.MaxSpillBytes} are stored; the rest is dropped");
        }

        try
        {
            var kept = included.SelectMany(stream => stream.Spool.Read());
            await using var content = new MaskingStream(kept, _context.Texts, _options.MaxLineBytes);
            var name = $"{_context.TaskPath}/{_context.Attempt}/output";
            var artifact = await CompressedArtifacts.PutAsync(
                _artifacts, _context.ExecutionId, name, content, _context.Limits.CompressExternal, cancellationToken);
            return new CapturedOutput(output with { Artifact = artifact }, _commands.Problem);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever the store's reason, the attempt cannot publish its output; a retry may find the store well again.
            return new CapturedOutput(output, $"The output of {output.Size} bytes could not be stored: {exception.Message}");
        }
    }

    private CapturedStream Open(string name, long limit, AttemptLog? log, OutputCommandReader? commands)
    {
        var spool = new OutputSpool(name, _options.InlineOutputBytes, _budget, Files);
        var stream = new CapturedStream(name, limit, _context, _options, log, commands, spool);
        _streams.Add(stream);
        return stream;
    }

    public void Dispose()
    {
        _streams.ForEach(stream => stream.Dispose());
        Files.Dispose();
    }
}

/// <summary>An output, and why it is not all it should be.</summary>
/// <param name="Output">The output.</param>
/// <param name="Problem">What went wrong; null when nothing did.</param>
internal sealed record CapturedOutput(TaskOutput Output, string? Problem)
{
    /// <summary>A good end, unless the output has a problem.</summary>
    internal TaskOutcome Completed() =>
        Problem is null ? TaskOutcome.Completed(Output) : TaskOutcome.Failed(FailureKinds.Output, Problem, Output, Output.ExitCode);
}
