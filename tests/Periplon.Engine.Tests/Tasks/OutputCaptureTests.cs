using System.Text;
using CsCheck;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Outputs;

namespace Periplon.Engine.Tests.Tasks;

public sealed class OutputCaptureTests
{
    private static readonly string[] Written = ["y", "", ":: x", "::set-output a=1", "long line : with :: colons"];

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

    [Theory]
    [InlineData(TruncationStrategy.Head, "\u20ac\u20ac", "")]
    [InlineData(TruncationStrategy.Tail, "", "\u20ac\u20ac")]
    [InlineData(TruncationStrategy.Both, "\u20ac", "\u20ac")]
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
