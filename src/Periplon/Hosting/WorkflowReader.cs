using Periplon.Api.Workflows;
using Periplon.Commands;
using Periplon.Core.Reuse;
using Periplon.Core.Yaml;
using Periplon.Engine.Resources;
using Periplon.Engine.Reuse;

namespace Periplon.Hosting;

/// <summary>Parser, expansion and validator, as API and command line use them.</summary>
internal sealed class WorkflowReader(ResourceResolver resolver) : IWorkflowReader
{
    // Nobody's request waits for it, and a slow line must not keep a workflow from running.
    private static readonly TimeSpan LocalTimeout = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Reads a file alone, as it is before it is sent to a server, which knows the files and predefined tasks it takes from outside.
    /// </summary>
    public static CheckedWorkflow Read(string text)
    {
        var bundle = WorkflowBundle.Read(text, WorkflowResources.None);
        var missing = bundle.Missing.Select(each => each.Path).ToHashSet();
        return new CheckedWorkflow(
            bundle.Workflow, [.. bundle.Diagnostics.Where(found =>
                !PredefinedTasks.IsNotFound(found) && (found.File is not null || !missing.Contains(found.Path)))]);
    }

    /// <summary>Reads a file that is run or checked here, with what it takes from outside: whatever its user may read.</summary>
    public static async Task<CheckedWorkflow> ReadAsync(CommandShell shell, string text, string file, CancellationToken cancellationToken)
    {
        var directory = Path.GetDirectoryName(file)!;
        var options = new ResourceOptions { Directory = directory, TrustsAuthor = true, Timeout = LocalTimeout };
        var loader = new LibraryLoader(shell.Directory, shell.Variables, shell.Time) { WorkflowDirectory = directory };
        using var resolver = new ResourceResolver(options, token => OpenAsync(shell, loader, token), TimeProvider.System);
        var bundle = await resolver.ResolveAsync(text, cancellationToken);
        return new CheckedWorkflow(bundle.Workflow, bundle.Diagnostics) { Resources = bundle.Resources };
    }

    private static async Task<IPredefinedTaskLibrary> OpenAsync(
        CommandShell shell, LibraryLoader loader, CancellationToken cancellationToken)
    {
        var (library, problems) = await loader.LoadAsync(extra: null, refresh: false, cancellationToken);
        foreach (var problem in problems)
        {
            await shell.Error.WriteLineAsync($"Warning: {problem.Path}: {problem.Message}");
        }

        return library;
    }

    public async Task<IReadOnlyList<Diagnostic>> CheckAsync(string text, CancellationToken cancellationToken) =>
        (await Task.Run(() => resolver.ResolveAsync(text, cancellationToken), cancellationToken)).Diagnostics;
}
