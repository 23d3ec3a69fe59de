using System.Text;
using System.Text.Json;
using CsCheck;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Collections;

namespace Periplon.Engine.Tests.Tasks.Collections;

public sealed class CollectionParserTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(CollectionFormat.Json, "[1, \"a\", {\"k\": [null]}]", "[1,\"a\",{\"k\":[null]}]")]
    [InlineData(CollectionFormat.Json, "[]", "[]")]
    [InlineData(CollectionFormat.JsonLines, "{\"a\":1}\n\n  \r\n[2]\r\n3", "[{\"a\":1},[2],3]")]
    [InlineData(CollectionFormat.JsonLines, "", "[]")]
    [InlineData(CollectionFormat.Lines, "a\r\nb\n\n c \n", "[\"a\",\"b\",\"\",\" c \"]")]
    [InlineData(CollectionFormat.Lines, "", "[]")]
    [InlineData(CollectionFormat.Lines, "\n", "[\"\"]")]
    [InlineData(CollectionFormat.Csv, "id,name\n1,x\n2,y\n", "[[\"1\",\"x\"],[\"2\",\"y\"]]")]
    [InlineData(CollectionFormat.Csv, "h\r\n\"a,b\",\"c \"\"d\"\"\"\r\n", "[[\"a,b\",\"c \\\"d\\\"\"]]")]
    [InlineData(CollectionFormat.Csv, "h\n\"line\r\nbreak\",z", "[[\"line\\r\\nbreak\",\"z\"]]")]
    [InlineData(CollectionFormat.Csv, "h\n,,\n\r\n\"\"\nlast\n\"\"", "[[\"\",\"\",\"\"],[\"\"],[\"last\"],[\"\"]]")]
    [InlineData(CollectionFormat.Csv, "h\n5\" pipe,b", "[[\"5\\\" pipe\",\"b\"]]")]
    [InlineData(CollectionFormat.Csv, "\ufeff\"quoted, header\",b\n1,2", "[[\"1\",\"2\"]]")]
    [InlineData(CollectionFormat.Csv, "only,a,header", "[]")]
    [InlineData(CollectionFormat.Csv, "", "[]")]
    public async Task Read_EachFormat_GivesItsItems(CollectionFormat format, string text, string expected) =>
        (await ReadAsync(text, format)).GetRawText().ShouldBe(expected);

    [Theory]
    [InlineData(CollectionFormat.Json, "{\"a\": 1}", "the root is an object; a loop needs an array")]
    [InlineData(CollectionFormat.Json, "[1,", "the text is not JSON")]
    [InlineData(CollectionFormat.Json, "", "the text is not JSON")]
    [InlineData(CollectionFormat.JsonLines, "1\n\n{\"a\": \n", "line 3 is not JSON")]
    [InlineData(CollectionFormat.JsonLines, "1\n\"\\ud800\"\n", "line 2 holds a string that is no text")]
    [InlineData(CollectionFormat.Csv, "h\na\n\"b\nc\n", "the quote that opens on line 3 is never closed")]
    [InlineData(CollectionFormat.Csv, "h\n\"a\"b\n", "line 2 has 'b' after a closing quote")]
    public async Task Read_BrokenText_SaysWhatAndWhere(CollectionFormat format, string text, string expected) =>
        (await Should.ThrowAsync<CollectionException>(() => ReadAsync(text, format))).Message.ShouldContain(expected);

    [Theory]
    [InlineData("data.items", "[1]")]
    [InlineData("$.data.items", "[1]")]
    [InlineData("$.pages[0][1].rows", "[2]")]
    [InlineData("..pages[0]", "[0,{\"rows\":[2]}]")]
    [InlineData("a-b c", "[3]")]
    public async Task Read_JsonPath_LeadsToTheArray(string path, string expected) =>
        (await ReadAsync("""{"data": {"items": [1]}, "pages": [[0, {"rows": [2]}]], "a-b c": [3]}""", CollectionFormat.Json, path))
            .GetRawText().ShouldBe(expected);

    [Theory]
    [InlineData("data.missing", "'data' has no 'missing'; it has items, total")]
    [InlineData("nothing", "the answer has no 'nothing'; it has data")]
    [InlineData("data.items[3]", "'items' has 1 items, so there is no item [3]")]
    [InlineData("data.total[0]", "'total' is a number, which has no item [0]")]
    [InlineData("data.items.x", "'items' is an array, which has no 'x'")]
    [InlineData("data.items[x]", "'[x]' is no index")]
    [InlineData("data.total", "what json_path 'data.total' leads to is a number; a loop needs an array")]
    public async Task Read_JsonPathThatLeadsNowhere_SaysWhatIsThere(string path, string expected) =>
        (await Should.ThrowAsync<CollectionException>(
            () => ReadAsync("""{"data": {"items": [1], "total": 5}}""", CollectionFormat.Json, path))).Message.ShouldContain(expected);

    [Theory]
    [InlineData(CollectionFormat.Lines)]
    [InlineData(CollectionFormat.JsonLines)]
    [InlineData(CollectionFormat.Csv)]
    [InlineData(CollectionFormat.Json)]
    public async Task Read_AMillionItems_FailsAtTheBound(CollectionFormat format)
    {
        var source = new EndlessText(format is CollectionFormat.Json ? "[1" : "", format is CollectionFormat.Json ? ",1" : "1\n");

        var failure = await Should.ThrowAsync<CollectionException>(() => CollectionParser.ReadAsync(source, format, null, Ct));

        failure.Message.ShouldContain(format is CollectionFormat.Json ? "longer than 16777216 characters" : "more than 100000 items");
        source.Given.ShouldBeLessThan(17 * 1024 * 1024);
    }

    [Theory]
    [InlineData(CollectionFormat.Lines, "line 1 is longer than")]
    [InlineData(CollectionFormat.Csv, "the quote that opens on line 1 is never closed")]
    public async Task Read_ALineWithoutEnd_FailsAtTheBound(CollectionFormat format, string expected)
    {
        var source = new EndlessText("\"", "x");

        (await Should.ThrowAsync<CollectionException>(() => CollectionParser.ReadAsync(source, format, null, Ct))).Message
            .ShouldContain(expected);
        source.Given.ShouldBeLessThan(5 * 1024 * 1024);
    }

    [Fact]
    public async Task Read_ItemsOfMoreThanTheBoundTogether_Fails() => (await Should.ThrowAsync<CollectionException>(() =>
        CollectionParser.ReadAsync(new EndlessText("", new string('x', 999) + "\n"), CollectionFormat.Lines, null, Ct)))
            .Message.ShouldContain("more than 4194304 bytes");

    [Fact]
    public void Read_CsvOfAnyFields_GivesThemBack() => Gen.String[Gen.Char["ab,\"\r\n \u20ac"], 0, 8].Array[2, 4].Array[0, 5].Sample(rows =>
    {
        var csv = "header\n" + string.Concat(rows.Select(row => string.Join(',', row.Select(Quote)) + "\r\n"));

        var read = ReadAsync(csv, CollectionFormat.Csv).GetAwaiter().GetResult();

        read.EnumerateArray().Select(row => row.EnumerateArray().Select(field => field.GetString()!).ToArray()).ShouldBe(rows);
    });

    private static string Quote(string field) => $"\"{field.Replace("\"", "\"\"")}\"";

    private static Task<JsonElement> ReadAsync(string text, CollectionFormat format, string? jsonPath = null) =>
        CollectionParser.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), format, jsonPath, Ct);

    /// <summary>A text that repeats itself without end, and counts what was read of it.</summary>
    private sealed class EndlessText(string start, string repeated) : Stream
    {
        private readonly byte[] _start = Encoding.UTF8.GetBytes(start);
        private readonly byte[] _repeated = Encoding.UTF8.GetBytes(repeated);

        internal long Given { get; private set; }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            for (var at = 0; at < count; at++, Given++)
            {
                buffer[offset + at] = Given < _start.Length ? _start[Given] : _repeated[(Given - _start.Length) % _repeated.Length];
            }

            return count;
        }

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
