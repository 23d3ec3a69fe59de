using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks;

/// <summary>How the source text of a language is run.</summary>
internal sealed record Interpreter
{
    private static readonly Interpreter Python = new()
    {
        Program = "python3",
        FileName = "script.py",
        Package = "python3",
        ByArgument = source => ["-c", source],
        // Running the file itself would import from the file's directory instead of the working directory.
        ByFile = path => ["-c", $"file = {Quoted(path)}; exec(compile(open(file, encoding='utf-8').read(), file, 'exec'))"],
        Environment = new Dictionary<string, string> { ["PYTHONUNBUFFERED"] = "1" },
    };

    private static readonly Interpreter Node = new()
    {
        Program = "node",
        FileName = "script.js",
        Package = "nodejs",
        ByArgument = source => ["-e", source],
        // Likewise 'require', which in a text given by argument also knows the built-in modules by name.
        ByFile = path => ["-e", $"vm.runInThisContext(fs.readFileSync({Quoted(path)}, 'utf8'), {Quoted(path)})"],
    };

    private static readonly Interpreter Bash = new()
    {
        Program = "bash", FileName = "script.sh", Package = "bash", ByArgument = source => ["-c", source], ByFile = path => [path],
    };

    private static readonly Interpreter Ruby = new()
    {
        Program = "ruby", FileName = "script.rb", Package = "ruby", ByArgument = source => ["-e", source], ByFile = path => [path],
    };

    private static readonly Interpreter Perl = new()
    {
        Program = "perl", FileName = "script.pl", Package = "perl", ByArgument = source => ["-e", source], ByFile = path => [path],
    };

    private static readonly Interpreter CSharp = new()
    {
        Program = "dotnet",
        FileName = "script.cs",
        Package = ".NET SDK 10 or later (https://dot.net)",
        AlwaysByFile = true,
        ByArgument = _ => throw new NotSupportedException("dotnet takes source text by file only"),
        // Everything that is built lands beside the file and goes with it.
        ByFile = path => ["run", "--artifacts-path", Path.Combine(Path.GetDirectoryName(path)!, "artifacts"), path],
        // Servers that the compiler leaves running would only be killed again.
        Environment = new Dictionary<string, string>
        {
            ["DOTNET_NOLOGO"] = "1", ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1", ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
            ["MSBUILDDISABLENODEREUSE"] = "1", ["UseSharedCompilation"] = "false",
        },
    };

    public required string Program { get; init; }
    public required string FileName { get; init; }
    public required string Package { get; init; }
    public required Func<string, IReadOnlyList<string>> ByArgument { get; init; }
    public required Func<string, IReadOnlyList<string>> ByFile { get; init; }
    public bool AlwaysByFile { get; init; }
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>What to do when it is missing.</summary>
    internal string Hint => $"Install {Package} on the worker, or give the task worker_tags of workers that have '{Program}'";

    internal static Interpreter Of(ScriptLanguage language) => language switch
    {
        ScriptLanguage.Python => Python,
        ScriptLanguage.Javascript => Node,
        ScriptLanguage.Bash => Bash,
        ScriptLanguage.Ruby => Ruby,
        ScriptLanguage.Perl => Perl,
        ScriptLanguage.Csharp => CSharp,
        _ => throw new ArgumentOutOfRangeException(nameof(language), language, "No interpreter is known for this language"),
    };

    // Strings of Python and JavaScript are written alike; both read UTF-8.
    private static string Quoted(string path) => $"'{path.Replace("\\", "\\\\").Replace("'", "\\'")}'";
}
