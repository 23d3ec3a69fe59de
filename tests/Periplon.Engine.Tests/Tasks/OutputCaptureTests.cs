using System.Text;
using CsCheck;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tests.Tasks;

public sealed class OutputCaptureTests
{
    private static readonly string[] Written = ["y", "", ":: x", "::set-output a=1", "long line : with :: colons"];

    [Theory]
    [InlineData("y\n")]
    [InlineData("no line break at all")]
    public async Task CapturedStream_OneGigabyte_TakesNoMoreMemoryThanItsBounds(string repeated)
    {
        var options = new TaskOptions { WorkRoot = Directory.CreateTempSubdirectory("periplon-capture-").FullName, MaxLogLines = 20 };
        var request = new AttemptRequest
        {
            ExecutionId = Guid.CreateVersion7(),
            TaskPath = "job",
            Attempt = 1,
            Task = TaskFixture.Bash("true"),
            Workflow = new WorkflowDefinition { Name = "test", Version = "1" },
        };
        var context = new TaskContext
        {
            ExecutionId = request.ExecutionId,
            TaskPath = request.TaskPath,
            Attempt = request.Attempt,
            Task = request.Task,
            Workflow = request.Workflow,
            Texts = new TaskTexts(request, options),
            Log = new RecordingLog(),
            Directory = options.WorkRoot,
            Limits = new LimitsDefinition(),
        };
        var capture = new OutputCapture(context, options, new MemoryArtifacts());
        var stream = capture.Open("stdout", 1024 * 1024, commands: true);
        var chunk = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(repeated, 64 * 1024 / repeated.Length)));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var sent = 0L; sent < 1_000_000_000; sent += chunk.Length)
        {
            stream.Append(chunk);
        }

        // On this thread alone, so that other tests do not count: lines that are logged, their copies, and the buffers.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(64 * 1024 * 1024);
        var output = await capture.CompleteAsync([stream], code: 0, store: false, TestContext.Current.CancellationToken);
        output.Output.Size.ShouldBeGreaterThanOrEqualTo(1_000_000_000);
        capture.Dispose();
        Directory.EnumerateFiles(options.WorkRoot, "*", SearchOption.AllDirectories).ShouldBeEmpty();
        Directory.Delete(options.WorkRoot, recursive: true);
    }

    [Fact]
    public void BoundedBuffer_AnyChunks_KeepsBeginningAndEnd() =>
        Gen.Select(Gen.Byte.Array[0, 40].Array[0, 20], Gen.Int[0, 30], Gen.Int[0, 30]).Sample((chunks, head, tail) =>
        {
            var buffer = new BoundedBuffer(head, tail);
            foreach (var chunk in chunks)
            {
                buffer.Append(chunk);
            }

            var whole = chunks.SelectMany(chunk => chunk).ToArray();
            var rest = whole.Skip(head).ToArray();
            buffer.Total.ShouldBe(whole.Length);
            buffer.Head.ToArray().ShouldBe(whole.Take(head));
            buffer.Tail().ShouldBe(rest.TakeLast(tail));
            buffer.HasGap.ShouldBe(rest.Length > tail);
        });

    [Fact]
    public void LineSplitter_AnyChunks_GivesTheSameLinesAndNoBrokenCharacters() =>
        Gen.Select(Gen.String[Gen.Char["ab\u00e4\u20ac\n"], 0, 200], Gen.Int[1, 50]).Sample((text, chunk) =>
        {
            var lines = new Lines();
            var splitter = new LineSplitter(lines, maxLineBytes: 1024);
            foreach (var part in Encoding.UTF8.GetBytes(text).Chunk(chunk))
            {
                splitter.Append(part);
            }

            splitter.Complete();
            var expected = text.EndsWith('\n') ? text[..^1].Split('\n') : text.Length is 0 ? [] : text.Split('\n');
            lines.Taken.ShouldBe(expected);
        });

    [Fact]
    public void LineSplitter_LinesNobodyWants_StillGivesCommands() =>
        Gen.Select(Gen.Int[0, Written.Length - 1].Select(index => Written[index]).Array[0, 40], Gen.Int[1, 30]).Sample((written, chunk) =>
        {
            var lines = new Lines { WantsAll = false };
            var splitter = new LineSplitter(lines, maxLineBytes: 1024);
            foreach (var part in Encoding.UTF8.GetBytes("first\n" + string.Concat(written.Select(line => line + "\n"))).Chunk(chunk))
            {
                splitter.Append(part);
            }

            lines.Taken.ShouldBe(["first", .. written.Where(line => line.StartsWith(':'))]);
        });

    [Fact]
    public void Cut_Summary_KeepsTheFirstLinesWholeAndTheEnd() =>
        Utf8Text.Cut($"name: x\nat: y\n{new string('-', 1000)}\nresult: z", 80, TruncationStrategy.Summary)
            .ShouldBe($"name: x\nat: y\n[... 950 bytes left out ...]\n{new string('-', 50)}\nresult: z");

    [Fact]
    public void Cut_AnyText_KeepsValidTextWithinTheBound() => Gen.Select(
        Gen.String[Gen.Char["a\n\u00e4\u20ac"], 0, 60], Gen.Int[0, 20], Gen.Int[0, 200],
        Gen.Enum<TruncationStrategy>()).Sample((letters, faces, bound, strategy) =>
        {
            var text = letters + string.Concat(Enumerable.Repeat("\U0001F600", faces)) + letters;
            var cut = Utf8Text.Cut(text, bound, strategy);

            Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(cut)).ShouldBe(cut, "no character is torn");
            var lines = System.Text.RegularExpressions.Regex.Match(cut, @"\n?\[\.\.\. (\d+) bytes left out \.\.\.\]\n");
            (Encoding.UTF8.GetByteCount(cut) - Encoding.UTF8.GetByteCount(lines.Value)).ShouldBeLessThanOrEqualTo(bound);
        });

    [Theory]
    [InlineData(TruncationStrategy.Head, "\u20ac\u20ac", "")]
    [InlineData(TruncationStrategy.Tail, "", "\u20ac\u20ac")]
    [InlineData(TruncationStrategy.Both, "\u20ac", "\u20ac")]
    [InlineData(TruncationStrategy.Summary, "", "\u20ac\u20ac")]
    public void Cut_EachStrategy_NeverCutsInsideACharacter(TruncationStrategy strategy, string head, string tail)
    {
        var cut = Utf8Text.Cut(new string('\u20ac', 100), 8, strategy);

        cut.ShouldStartWith(head);
        cut.ShouldEndWith(tail);
        cut.Count(character => character is '\u20ac').ShouldBe(2);
        cut.ShouldContain("[... 294 bytes left out ...]");
    }

    private sealed class Lines : ILineSink
    {
        internal List<string> Taken { get; } = [];

        public bool WantsAll { get; init; } = true;

        public void Take(string line, bool begins, bool ends) => Taken.Add(line);

        public int SafeCut(string text, int cut) => cut;
    }
}
