using System.Text;
using CsCheck;
using Periplon.Benchmarks.Load;

namespace Periplon.Tests.Benchmarks;

public sealed class ResponseReaderTests
{
    private const string WithLength =
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\ncontent-length: 11\r\n\r\n{\"a\":\"b\\n\"}";

    private const string Chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n7;x=1\r\n:\"b\\n\"}\r\n0\r\nTrailer: t\r\n\r\n";

    [Theory]
    [InlineData(WithLength, 201)]
    [InlineData(Chunked, 200)]
    public void Advance_AnswerInAnyPieces_IsReadWhole(string answer, int status) =>
        Gen.Int[1, answer.Length].Array[1, 20].Sample(sizes =>
        {
            // Smaller than the answer, so that it has to grow.
            var reader = new ResponseReader(bufferSize: 16);
            for (var round = 0; round < 2; round++)
            {
                reader.Reset();
                Feed(reader, answer, sizes).ShouldBeTrue();
                reader.Status.ShouldBe(status);
                Encoding.UTF8.GetString(reader.Body).ShouldBe("{\"a\":\"b\\n\"}");
            }
        });

    [Fact]
    public void Advance_AnswerWithoutItsLastByte_IsNotComplete()
    {
        Feed(new ResponseReader(), WithLength[..^1], [7]).ShouldBeFalse();
        Feed(new ResponseReader(), Chunked[..^1], [7]).ShouldBeFalse();
    }

    [Fact]
    public void Advance_StatusWithoutBody_IsComplete()
    {
        var reader = new ResponseReader();
        Feed(reader, "HTTP/1.1 204 No Content\r\n\r\n", [100]).ShouldBeTrue();
        reader.Body.Length.ShouldBe(0);
    }

    [Theory]
    [InlineData("SMTP ready\r\n\r\n", "is not the head of an HTTP/1.1 answer")]
    [InlineData("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", "names neither a length nor chunks")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nlong\r\n", "'long' is not the size of a chunk")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "stands where a chunk should end")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc", "2 bytes follow an answer that is complete")]
    public void Advance_WhatIsNoAnswer_IsNamed(string bytes, string problem) =>
        Should.Throw<InvalidDataException>(() => Feed(new ResponseReader(), bytes, [1_000])).Message.ShouldContain(problem);

    private static bool Feed(ResponseReader reader, string text, int[] sizes)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var complete = false;
        for (int at = 0, piece = 0; at < bytes.Length; piece++)
        {
            complete.ShouldBeFalse();
            var free = reader.Free;
            var size = Math.Min(Math.Min(sizes[piece % sizes.Length], free.Length), bytes.Length - at);
            bytes.AsMemory(at, size).CopyTo(free);
            at += size;
            complete = reader.Advance(size);
        }

        return complete;
    }
}
