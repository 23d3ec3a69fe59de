using System.Text.RegularExpressions;
using Periplon.Hosting;
using Periplon.Tests.Configuration;

namespace Periplon.Tests.Deployment;

/// <summary>What the README and the pages of <c>docs/</c> name exists.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Repository.PathOf("README.md"));

    public static TheoryData<string> Pages =>
    [
        "README.md", "examples/README.md",
        .. Directory.GetFiles(Repository.PathOf("docs"), "*.md").Select(file => $"docs/{Path.GetFileName(file)}"),
    ];

    [Fact]
    public void Readme_QuickStart_BeginsWithServerAndTests() =>
        Command().Matches(Readme).Take(2).Select(match => match.Groups["line"].Value)
            .ShouldBe(["dotnet run -c Release --project src/Periplon -- server", "./test.sh"]);

    [Fact]
    public void Readme_Workflow_HasNoFindings() =>
        WorkflowReader.Read(Yaml().Match(Readme).Groups["text"].Value).Diagnostics.ShouldBeEmpty();

    [Fact]
    public void Readme_Promises_NameTestsThatExist()
    {
        var sources = Directory.GetFiles(Repository.PathOf("tests"), "*.cs", SearchOption.AllDirectories)
            .ToLookup(file => Path.GetFileNameWithoutExtension(file), File.ReadAllText);
        var named = TestName().Matches(Readme);
        named.Count.ShouldBeGreaterThan(8);
        foreach (var match in named.AsEnumerable())
        {
            var (file, method) = (match.Groups["class"].Value, match.Groups["method"].Value);
            sources[file].Any(text => text.Contains(method, StringComparison.Ordinal)).ShouldBeTrue(match.Value);
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_Links_LeadToFiles(string page)
    {
        var path = Repository.PathOf(page);
        var targets = Link().Matches(File.ReadAllText(path)).Select(match => match.Groups["target"].Value)
            .Where(target => !target.StartsWith("http", StringComparison.Ordinal));
        foreach (var parts in targets.Select(target => target.Split('#')))
        {
            var target = parts[0] == "" ? path : Path.Combine(Path.GetDirectoryName(path)!, parts[0]);
            Path.Exists(target).ShouldBeTrue($"{page} links to {target}");
            if (parts.Length > 1 && target.EndsWith(".md", StringComparison.Ordinal))
            {
                Headings(target).ShouldContain(parts[1], $"{page} links to a heading of {target}");
            }
        }
    }

    // As pages are shown: small letters and digits, dashes for spaces, nothing else.
    private static IEnumerable<string> Headings(string file) => File.ReadLines(file)
        .Where(line => line.StartsWith('#'))
        .Select(line => string.Concat(line.TrimStart('#').Trim().ToLowerInvariant()
            .Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-'));

    [GeneratedRegex("^    (?<line>[^ ].*)$", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex("```yaml\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Yaml();

    [GeneratedRegex("`(?<class>[A-Za-z]+(Tests|Conformance))(\\.(?<method>[A-Za-z_]+))?`")]
    private static partial Regex TestName();

    [GeneratedRegex("\\]\\((?<target>[^)]+)\\)")]
    private static partial Regex Link();
}
