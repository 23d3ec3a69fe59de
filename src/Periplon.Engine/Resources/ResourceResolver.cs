using Periplon.Core.Reuse;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Engine.Tasks;
using Periplon.Engine.Tasks.Http;

namespace Periplon.Engine.Resources;

/// <summary>Opens the library of predefined tasks and groups as it is now.</summary>
internal delegate Task<IPredefinedTaskLibrary> OpenLibrary(CancellationToken cancellationToken);

/// <summary>Fetches what a workflow takes from outside its file, until nothing new is named. What cannot be fetched is a finding.</summary>
internal sealed class ResourceResolver : IDisposable
{
    private readonly ResourceOptions _options;
    private readonly OpenLibrary _openLibrary;
    private readonly TimeProvider _time;
    private readonly HttpTargetPolicy _policy;
    private readonly HttpConnections _connections;
    private readonly LibraryFiles _files;
    private readonly WebDocuments _documents;

    public ResourceResolver(ResourceOptions options, OpenLibrary openLibrary, TimeProvider time)
    {
        _openLibrary = openLibrary;
        (_options, _time) = (options with { Directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Directory)) }, time);
        _policy = new HttpTargetPolicy(new TaskOptions { AllowPrivateNetworks = options.AllowPrivateNetworks });
        _connections = new HttpConnections(_policy);
        _files = new LibraryFiles(_options);
        _documents = new WebDocuments(_connections, _options);
    }

    public void Dispose() => _connections.Dispose();

    /// <summary>Reads a workflow with everything it needs.</summary>
    /// <param name="text">The main file.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<WorkflowBundle> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        if (WorkflowParser.Parse(text).Workflow is not { } main)
        {
            return WorkflowBundle.Read(text, WorkflowResources.None);
        }

        using var repositories = new GitRepositories(_policy, _options, _time);
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        IPredefinedTaskLibrary library = CollectedLibrary.Empty;
        if (MayUseLibrary(main))
        {
            try
            {
                library = await _openLibrary(cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                library = new BrokenLibrary(e.Message);
            }
        }

        var resources = WorkflowResources.None;
        var failures = new Dictionary<string, string>();
        var bytes = 0L;
        while (SubflowExpander.Expand(main, resources, library).Missing.Where(m => !failures.ContainsKey(m.Reference.ToString()!)).ToList()
            is { Count: > 0 } missing)
        {
            foreach (var each in missing)
            {
                var fetched = resources.Entries.Count >= _options.MaxCount || bytes > _options.MaxTotalBytes
                    ? FetchedResource.Failed(
                        $"{each.Reference.DisplayName} was not fetched: a workflow takes at most {_options.MaxCount} texts and "
                        + $"{_options.MaxTotalBytes / (1024 * 1024)} MiB from outside its file.")
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

        return WorkflowBundle.Read(text, resources, failures, library);
    }

    // Opening a library may fetch repositories, for which no other workflow should wait. Whether a fetched file needs one is not known yet.
    private static bool MayUseLibrary(WorkflowDefinition main) =>
        main.Subflows.Values.Any(subflow => subflow.Source is not null) || PredefinedTasks.References(main).Count > 0;

    /// <summary>Stands for a library that cannot be opened: it has nothing, and says why.</summary>
    private sealed class BrokenLibrary(string problem) : IPredefinedTaskLibrary
    {
        public IReadOnlyList<LibraryTask> FindTasks(string name) => [];

        public IReadOnlyList<LibraryGroup> FindGroups(string name) => [];

        public string? HintFor(string name, bool isGroup) => problem;
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
                ResourceReference.File file => await _files.ReadAsync(file, stop),
                ResourceReference.Git git => await repositories.ReadAsync(git, isTrusted, stop),
                ResourceReference.Http http => await _documents.GetAsync(http, stop),
                _ => throw new InvalidOperationException($"Nothing fetches {missing.Reference}"),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return FetchedResource.Failed(
                $"{missing.Reference.DisplayName} was not fetched: everything together took longer than {_options.Timeout.TotalSeconds} s.");
        }
    }
}
