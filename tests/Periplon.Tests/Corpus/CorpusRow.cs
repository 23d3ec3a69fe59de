namespace Periplon.Tests.Corpus;

/// <summary>How a file of the corpus is run and how it must end.</summary>
internal sealed record CorpusRow(string File)
{
    /// <summary>Tells several rows of one file apart.</summary>
    public string Variant { get; init; } = "";

    /// <summary>The end.</summary>
    public string Status { get; init; } = "completed";

    /// <summary>Codes of the findings for which this version refuses the file; empty when it runs.</summary>
    public IReadOnlyList<string> RefusedFor { get; init; } = [];

    /// <summary>Why the file does not run as it is, or what the edits are for.</summary>
    public string Why { get; init; } = "";

    /// <summary>Values of inputs; <c>SERVER</c> is the address of the server that stands in for those that the file calls.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>Texts of the file that are replaced, in order; <c>SERVER</c> as above, <c>DIRECTORY</c> is where it runs.</summary>
    public IReadOnlyList<(string From, string To)> Edits { get; init; } = [];

    /// <summary>Files beside the workflow, content by path.</summary>
    public IReadOnlyList<(string Path, string Content)> Files { get; init; } = [];

    /// <summary>The script of answers.</summary>
    public string Answers { get; init; } = "default: \"Answer of ${agent} to ${task}\"";

    /// <summary>Tasks that must be skipped; all others complete.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    public string Name => Variant.Length == 0 ? File : $"{File} ({Variant})";
}
