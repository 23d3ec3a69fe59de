using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Periplon.Core.Tests.Reuse;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Validation;

/// <summary>Keeps <c>docs/diagnostics.md</c> true.</summary>
public sealed partial class DiagnosticsDocumentTests
{
    private static readonly Lazy<string> Document = new(() => File.ReadAllText(FindDocument()));

    public static TheoryData<string, string> Examples()
    {
        var examples = new TheoryData<string, string>();
        foreach (Match match in ExamplePattern().Matches(Document.Value))
        {
            examples.Add(match.Groups["code"].Value, match.Groups["yaml"].Value);
        }

        return examples;
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_raises_its_code_on_the_line_that_names_it(string code, string yaml)
    {
        var text = Expand(yaml);
        var found = code switch
        {
            _ when code.CompareTo("PPL100", StringComparison.Ordinal) < 0 => Checked.File(text),
            _ when code[3] != '5' => Checked.AtStart(text),
            _ => ReuseFiles.Check(text),
        };
        var marked = MarkerPattern().Matches(text)
            .Select(match => (match.Groups["code"].Value, Line: LineOf(text, match.Index)))
            .ToList();

        // A code that the parser is ahead of, with a code of its own, is marked with that one.
        marked.ShouldNotBeEmpty($"The example of {code} marks no line.");
        foreach (var (expected, line) in marked)
        {
            found.ShouldContain(
                d => d.Code == expected && d.Line == line,
                $"{expected} is expected on line {line}. Found:\n{string.Join('\n', found)}\nin\n{yaml}");
        }
    }

    [Fact]
    public void Every_code_of_the_source_is_documented_and_the_other_way_round()
    {
        var inSource = typeof(Diagnostic).Assembly.GetTypes()
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => field.IsLiteral && field.FieldType == typeof(string))
            .Select(field => (string)field.GetRawConstantValue()!)
            .Where(value => CodePattern().IsMatch(value))
            .Order(StringComparer.Ordinal);
        var documented = HeadingPattern().Matches(Document.Value).Select(match => match.Groups["code"].Value).Order(StringComparer.Ordinal);

        inSource.ShouldBe(documented);
    }

    [Fact]
    public void Every_code_has_an_example() =>
        HeadingPattern().Matches(Document.Value).Select(match => match.Groups["code"].Value)
            .ShouldBe(Examples().Select(row => row.Data.Item1));

    private static string Expand(string yaml)
    {
        yaml = LettersPattern().Replace(yaml, match => new string('x', Count(match)));
        yaml = ItemsPattern().Replace(yaml, match => $"[{string.Join(',', Enumerable.Repeat(match.Groups["item"].Value, Count(match)))}]");
        yaml = FilesPattern().Replace(yaml, match => string.Concat(Enumerable.Range(1, Count(match)).Select(number =>
            $"# file:{number}.yaml\nsubflows: {{next: {{source: {{type: file, path: {number + 1}.yaml}}}}}}\ntasks: {{a: {{subflow: next}}}}\n")));
        return DepthPattern().Replace(yaml, match =>
            string.Concat(Enumerable.Repeat("{subtasks: [a: ", Count(match))) + "{}" + string.Concat(Enumerable.Repeat("]}", Count(match))));

        static int Count(Match match) => int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture);
    }

    private static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    private static string FindDocument()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var file = Path.Combine(directory.FullName, "docs", "diagnostics.md");
            if (File.Exists(file))
            {
                return file;
            }
        }

        throw new FileNotFoundException("docs/diagnostics.md is not above the test assembly.");
    }

    [GeneratedRegex(
        """^### (?<code>PPL\d{3}): [^\n]*\n(?:(?!^###? )[^\n]*\n)*?```ya?ml\n(?<yaml>.*?)^```$""",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ExamplePattern();

    [GeneratedRegex("""^### (?<code>PPL\d{3}): """, RegexOptions.Multiline)]
    private static partial Regex HeadingPattern();

    [GeneratedRegex("""# (?<code>PPL\d{3})\b""")]
    private static partial Regex MarkerPattern();

    [GeneratedRegex("""^PPL\d{3}$""")]
    private static partial Regex CodePattern();

    [GeneratedRegex("""x…(?<count>\d+)""")]
    private static partial Regex LettersPattern();

    [GeneratedRegex("""\[(?<item>0|\{\}), …(?<count>\d+)\]""")]
    private static partial Regex ItemsPattern();

    [GeneratedRegex("""^# …(?<count>\d+) files.*\n""", RegexOptions.Multiline)]
    private static partial Regex FilesPattern();

    [GeneratedRegex("""\{subtasks: \[a: …(?<count>\d+)\]\}""")]
    private static partial Regex DepthPattern();
}
