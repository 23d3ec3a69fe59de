using Periplon.Core.Reuse;
using Periplon.Engine.Resources;

namespace Periplon.Engine.Tests.Resources;

/// <summary>A directory with files, and a resolver that begins there.</summary>
internal sealed class ResolverFixture : IDisposable
{
    internal string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("periplon-library-").FullName;

    internal bool TrustsAuthor { get; init; }

    internal bool AllowsPrivateNetworks { get; init; } = true;

    internal IPredefinedTaskLibrary Library { get; init; } = CollectedLibrary.Empty;

    internal TimeProvider Time { get; init; } = TimeProvider.System;

    internal Func<ResourceOptions, ResourceOptions> Change { get; init; } = options => options;

    internal string Write(string file, string text)
    {
        var path = Path.Combine(Directory, file);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    internal async Task<WorkflowBundle> ResolveAsync(string text)
    {
        var options = new ResourceOptions
        {
            Directory = Directory, TrustsAuthor = TrustsAuthor, AllowPrivateNetworks = AllowsPrivateNetworks,
        };
        using var resolver = new ResourceResolver(Change(options), _ => Task.FromResult(Library), Time);
        return await resolver.ResolveAsync(text, TestContext.Current.CancellationToken);
    }

    /// <summary>What is wrong with a workflow whose only subflow has this source.</summary>
    internal async Task<string> ProblemAsync(string source)
    {
        var bundle = await ResolveAsync(Workflow(source));
        return bundle.Diagnostics.Single(found => found.Code.StartsWith("PPL6", StringComparison.Ordinal)).Message;
    }

    internal static string Workflow(string source) => Named($"subflows: {{s: {{source: {{{source}}}}}}}\ntasks: {{a: {{subflow: s}}}}");

    /// <summary>A file of a subflow with one command.</summary>
    internal static string Subflow(string executable) => Named($"tasks: {{run: {{command: {{executable: {executable}}}}}}}");

    internal static string Named(string yaml) => $"name: example\nversion: \"1\"\n{yaml}\n";

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
