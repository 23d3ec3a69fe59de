using Periplon.Core.Reuse;
using Periplon.Core.Yaml;
using Periplon.Engine.Tasks.Http;

namespace Periplon.Engine.Resources;

/// <summary>Fetches what a workflow takes from outside its file, until nothing new is named. What cannot be fetched is a finding.</summary>
internal sealed class ResourceResolver(
    ResourceOptions options, HttpConnections connections, IHttpTargetPolicy policy, TimeProvider time)
{
    /// <summary>Reads a workflow with everything it needs.</summary>
    /// <param name="text">The main file.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<WorkflowBundle> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        if (WorkflowParser.Parse(text).Workflow is not { } main)
        {
            return WorkflowBundle.Read(text, WorkflowResources.None);
        }

        using var repositories = new GitRepositories(policy, options, time);
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var resources = WorkflowResources.None;
        var failures = new Dictionary<string, string>();
        var bytes = 0L;
        while (SubflowExpander.Expand(main, resources).Missing.Where(m => !failures.ContainsKey(m.Reference.ToString()!)).ToList()
            is { Count: > 0 } missing)
        {
            foreach (var each in missing)
            {
                var fetched = resources.Entries.Count >= options.MaxCount || bytes > options.MaxTotalBytes
                    ? FetchedResource.Failed(
                        $"{each.Reference.DisplayName} was not fetched: a workflow takes at most {options.MaxCount} texts and "
                        + $"{options.MaxTotalBytes / (1024 * 1024)} MiB from outside its file.")
                    : await FetchAsync(each, repositories, stop.Token, cancellationToken);
                if (fetched.Resource is { } resource)
                {
                    resources = resources.With(each.Reference.ToString()!, resource);
                    bytes += resource.Text.Length;
                }
                else
                {
                    failures[each.Reference.ToString()!] = fetched.Problem!;
                }
            }
        }

        return WorkflowBundle.Read(text, resources, failures);
    }

    private async Task<FetchedResource> FetchAsync(
        MissingResource missing, GitRepositories repositories, CancellationToken stop, CancellationToken cancellationToken)
    {
        // What was fetched from elsewhere is not the author's, and must not reach for files of this machine.
        var isTrusted = missing.NamedBy is null or ResourceReference.File;
        try
        {
            stop.ThrowIfCancellationRequested();
            return missing.Reference switch
            {
                ResourceReference.File file => await new LibraryFiles(options).ReadAsync(file, stop),
                ResourceReference.Git git => await repositories.ReadAsync(git, isTrusted, stop),
                ResourceReference.Http http => await new WebDocuments(connections, options).GetAsync(http, stop),
                _ => throw new InvalidOperationException($"Nothing fetches {missing.Reference}"),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return FetchedResource.Failed(
                $"{missing.Reference.DisplayName} was not fetched: everything together took longer than {options.Timeout.TotalSeconds} s.");
        }
    }
}
