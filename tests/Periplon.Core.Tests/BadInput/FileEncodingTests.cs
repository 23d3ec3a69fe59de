using System.Text;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.BadInput;

/// <summary>Bytes become text only when they are text.</summary>
public sealed class FileEncodingTests
{
    private const string Text = "name: grüße 😀\nversion: '1'\n";

    public static TheoryData<string> Encodings() => ["utf-8", "utf-16", "utf-16BE", "utf-32", "utf-32BE"];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Parse_BytesWithAByteOrderMark_LoadInTheirEncoding(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        WorkflowParser.Parse([.. encoding.GetPreamble(), .. encoding.GetBytes(Text)]).Workflow!.Name.ShouldBe("grüße 😀");
    }

    [Fact]
    public void Parse_BytesWithoutAMark_LoadAsUtf8() =>
        WorkflowParser.Parse(Encoding.UTF8.GetBytes(Text)).Workflow!.Name.ShouldBe("grüße 😀");

    [Theory]
    [InlineData(0xE4)]
    [InlineData(0xC0)]
    [InlineData(0xFF)]
    [InlineData(0x80)]
    public void Parse_BytesThatAreNotUtf8_AreAnErrorWithTheirPlace(byte wrong)
    {
        byte[] content = [.. Encoding.UTF8.GetBytes("name: w\nversion: "), wrong, .. "\ntasks: {}\n"u8];

        var found = WorkflowParser.Parse(content).Diagnostics.ShouldHaveSingleItem();

        found.Message.ShouldBe($"The file is not UTF-8: the byte 0x{wrong:X2} at offset 17 belongs to no character.");
        (found.Line, found.Column).ShouldBe((2, 10));
    }

    [Theory]
    [InlineData("FFFE41")]
    [InlineData("FFFE00D8")]
    [InlineData("EFBBBFFF")]
    [InlineData("0000FEFF00110000")]
    [InlineData("EDA080")]
    [InlineData("F4908080")]
    [InlineData("61C3")]
    public void Parse_BrokenBytes_AreAnError(string hex) =>
        WorkflowParser.Parse(Convert.FromHexString(hex)).Diagnostics.ShouldHaveSingleItem().Message.ShouldStartWith("The file is not UTF-");

    [Fact]
    public void Parse_NoBytes_SaysThatTheFileIsEmpty() =>
        WorkflowParser.Parse(ReadOnlySpan<byte>.Empty).Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(DiagnosticCodes.RootNotMapping);

    [Fact]
    public void Parse_Utf16WithoutAMark_IsAnError() =>
        WorkflowParser.Parse(Encoding.Unicode.GetBytes(Text)).Diagnostics.ShouldHaveSingleItem().Severity.ShouldBe(DiagnosticSeverity.Error);

    [Fact]
    public void Parse_AnImage_IsAnError() =>
        WorkflowParser.Parse([0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, 0, 0, 0, 0x0D]).Workflow.ShouldBeNull();
}
