using Periplon.Core.Validation;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Reuse;

/// <summary>
/// Puts the texts of subflow sources in their places (reference §12), and predefined tasks in those of every file (§22). Pure: the texts
/// are fetched before.
/// </summary>
public sealed class SubflowExpander
{
    /// <summary>How many files may name one another in a row.</summary>
    public const int MaxDepth = 16;

    /// <summary>How many subflows a workflow may have, those of fetched files included.</summary>
    public const int MaxSubflows = 1_000;

    // A file that is named a thousand times is read a thousand times by whoever works with the result; this bounds the whole.
    private const long MaxCharacters = 20_000_000;

    private readonly WorkflowResources _resources;
    private readonly IReadOnlyDictionary<string, SecretDefinition> _secrets;
    private readonly Dictionary<string, SubflowDefinition> _subflows = [];
    private readonly List<WorkflowDocument> _documents = [];
    private readonly Dictionary<string, MissingResource> _missing = [];
    private readonly List<Diagnostic> _diagnostics = [];
    private readonly Dictionary<string, ParseResult> _parsed = [];
    private readonly IPredefinedTaskLibrary _library;
    private readonly SortedDictionary<string, string> _texts = new(StringComparer.Ordinal);
    private long _characters;
    private bool _isFull;

    private SubflowExpander(WorkflowDefinition workflow, WorkflowResources resources, IPredefinedTaskLibrary library) =>
        (_resources, _secrets, _library) = (resources, workflow.Secrets, library);

    /// <summary>
    /// Gives each subflow with a source the agents, tasks, stages and handlers of its file, and recursively those that the file names, as
    /// <c>outer/inner</c>. Inputs, outputs, agents and tasks that stand beside the source win over those of the file.
    /// </summary>
    /// <param name="workflow">The main file.</param>
    /// <param name="resources">The texts it needs, directly or not.</param>
    /// <param name="library">Where predefined tasks and groups are found; null for those among the resources.</param>
    public static SubflowExpansion Expand(
        WorkflowDefinition workflow, WorkflowResources resources, IPredefinedTaskLibrary? library = null)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        ArgumentNullException.ThrowIfNull(resources);
        IReadOnlyList<Diagnostic> unreadable = [];
        if (library is null)
        {
            (library, unreadable) = CollectedLibrary.Of(resources.Entries.ToDictionary(pair => pair.Key, pair => pair.Value.Text));
        }

        var expander = new SubflowExpander(workflow, resources, library);
        expander._diagnostics.AddRange(unreadable);
        var expanded = expander.Use(workflow, null);
        expander._documents.Insert(0, expander.Enter(new Document(expanded, null, "", []), workflow));
        return new SubflowExpansion(
            expander._subflows.Count == 0 ? expanded : expanded with { Subflows = expander._subflows },
            expander._documents,
            [.. expander._missing.Values],
            expander._texts,
            // One file can be fetched for several subflows, and says the same each time.
            [.. expander._diagnostics.Distinct()]);
    }

    /// <summary>Puts predefined tasks in their places in one file.</summary>
    private WorkflowDefinition Use(WorkflowDefinition workflow, string? file)
    {
        var expansion = PredefinedTasks.Expand(workflow, _library);
        _diagnostics.AddRange(expansion.Diagnostics.Select(found => found with { File = file }));
        foreach (var (key, text) in expansion.Texts())
        {
            _texts[key] = text;
        }

        return expansion.Workflow;
    }

    /// <summary>Adds the subflows of a file, and returns the file with what its calls have to know about them.</summary>
    private WorkflowDocument Enter(Document document, WorkflowDefinition written)
    {
        var name = document.Reference?.DisplayName;
        if (document.Workflow.Subflows.Count == 0)
        {
            return new WorkflowDocument(name, written, document.Workflow);
        }

        var calls = new TaskCalls(id => document.Prefix + id);
        var seen = new Dictionary<string, SubflowDefinition>();
        foreach (var (id, declared) in document.Workflow.Subflows)
        {
            if (_subflows.Count >= MaxSubflows || _characters > MaxCharacters)
            {
                ReportTooMany(document, id);
                break;
            }

            // The place is taken before the file is entered, so that ids stand in the order of the files.
            var qualified = document.Prefix + id;
            if (!_subflows.TryAdd(qualified, declared))
            {
                Report(document, ValidationCodes.SubflowIdTaken, $"subflows.{id}",
                    $"The id '{qualified}' is also that of a subflow of a fetched file.", "Take an id without '/'.");
                continue;
            }

            var own = declared with { Id = qualified, Tasks = calls.Rewrite(declared.Tasks) };
            var filled = declared.Source is { } source ? Fill(document, id, source, own) : own;
            _subflows[qualified] = filled;
            seen[id] = declared with { Inputs = filled.Inputs, Outputs = filled.Outputs };
        }

        var declaredHere = seen.Where(pair => written.Subflows.ContainsKey(pair.Key)).ToDictionary();
        return new WorkflowDocument(name, written with { Subflows = declaredHere }, document.Workflow with { Subflows = seen });
    }

    private SubflowDefinition Fill(Document document, string id, SubflowSource source, SubflowDefinition own)
    {
        if (SourceRules.FindProblem(source) is not null)
        {
            // The validator says what is wrong with it.
            return own;
        }

        var reference = ResourceReference.Of(source, document.Reference);
        if (!CanEnter(document, id, reference) || Read(document, id, source, reference) is not { } written)
        {
            return own;
        }

        var file = Use(written, reference.DisplayName);
        var calls = new TaskCalls(inner => $"{own.Id}/{inner}");
        var filled = own with
        {
            Description = own.Description ?? file.Description,
            Agents = Subflows.Merge(file.Agents, own.Agents),
            Tasks = Subflows.Merge(calls.Rewrite(file.Tasks), own.Tasks),
            Inputs = Subflows.Merge(file.Inputs, own.Inputs),
            Outputs = Subflows.Merge(file.Outputs, own.Outputs),
            File = new SubflowFile
            {
                Workflows = calls.Rewrite(file.Workflows),
                TaskGroups = file.TaskGroups,
                McpServers = file.McpServers,
                Defaults = file.Defaults,
                OnFailure = calls.Rewrite(file.OnFailure),
                Finally = calls.Rewrite(file.Finally),
                FailFast = file.FailFast,
                TimeoutSecs = file.TimeoutSecs,
                Concurrency = LimitOf(document, file, reference),
            },
        };
        var inner = new Document(file, reference, $"{own.Id}/", [.. document.Chain, reference])
        {
            Callers = [.. document.Callers, document.Workflow],
        };
        var inside = Enter(inner, written);
        _documents.Add(inside with
        {
            Workflow = inside.Workflow with
            {
                Inputs = filled.Inputs, Outputs = filled.Outputs, Secrets = Subflows.Merge(file.Secrets, _secrets),
            },
        });
        return filled;
    }

    // Who calls may hold the place that the subflow asks for, and waits for its end. References are filled in only when it runs.
    private ConcurrencyDefinition? LimitOf(Document document, WorkflowDefinition file, ResourceReference reference)
    {
        if (file.Concurrency is not { } limit
            || !document.Callers.Append(document.Workflow).SelectMany(KeysIn).Any(key => key == limit.Key || HasReference(key + limit.Key)))
        {
            return file.Concurrency;
        }

        _diagnostics.Add(new Diagnostic(
            ValidationCodes.SubflowLimitIgnored, DiagnosticSeverity.Warning,
            $"The limit '{limit.Key}' does not hold for this subflow: a workflow that calls it may hold the same place, and wait for itself.",
            file.Source.Find("concurrency"), "concurrency", "Use keys without references that differ from those of the workflows that call it.")
        {
            File = reference.DisplayName,
        });
        return null;
    }

    private static IEnumerable<string> KeysIn(WorkflowDefinition workflow) =>
        TaskWalk.All(workflow.Tasks.Values.Concat(workflow.Subflows.Values.SelectMany(subflow => subflow.Tasks.Values))
                .Concat(workflow.OnFailure.Values).Concat(workflow.Finally.Values))
            .Select(task => task.Concurrency?.Key).Append(workflow.Concurrency?.Key).OfType<string>().Where(key => key != "");

    private static bool HasReference(string key) =>
        key.Contains("${", StringComparison.Ordinal) || key.Contains("{{", StringComparison.Ordinal);

    private bool CanEnter(Document document, string id, ResourceReference reference)
    {
        if (document.Chain.Contains(reference))
        {
            var cycle = document.Chain.SkipWhile(file => file != reference).Append(reference).Select(file => file.DisplayName);
            Report(document, ValidationCodes.SourceCycle, $"subflows.{id}.source",
                $"Subflow '{id}' leads back to the file it stands in: {string.Join(" → ", cycle)}.",
                "Move what both need into a file of its own.");
            return false;
        }

        if (document.Chain.Count >= MaxDepth)
        {
            Report(document, ValidationCodes.SourcesTooMany, $"subflows.{id}.source",
                $"Subflow '{id}' is named through more than {MaxDepth} files in a row.", $"At most {MaxDepth} files may name one another.");
            return false;
        }

        return true;
    }

    private WorkflowDefinition? Read(Document document, string id, SubflowSource source, ResourceReference reference)
    {
        var path = $"subflows.{id}.source";
        var key = reference.ToString()!;
        if (_resources.Find(key) is not { } resource)
        {
            _missing.TryAdd(key, new MissingResource(reference, document.Reference, path, document.Workflow.Source.Find(path)));
            return null;
        }

        if (source is SubflowSource.Http { Checksum: { } checksum }
            && !string.Equals(checksum.Trim(), $"sha256:{resource.Sha256}", StringComparison.OrdinalIgnoreCase))
        {
            Report(document, ValidationCodes.ChecksumMismatch, $"{path}.checksum",
                $"{reference.DisplayName} has the checksum sha256:{resource.Sha256}, but subflow '{id}' expects {checksum.Trim()}.",
                "Look at what changed there before you take the new checksum over.");
            return null;
        }

        _characters += resource.Text.Length;
        if (!_parsed.TryGetValue(key, out var parsed))
        {
            _parsed[key] = parsed = WorkflowParser.Parse(resource.Text);
        }

        _diagnostics.AddRange(parsed.Diagnostics.Select(found => found with { File = reference.DisplayName }));
        if (parsed.Workflow is { } workflow)
        {
            CheckFile(reference, workflow);
        }

        return parsed.Workflow;
    }

    private void CheckFile(ResourceReference reference, WorkflowDefinition workflow)
    {
        var file = new Document(workflow, reference, "", []);
        if (workflow.Tasks.Count == 0 && workflow.Workflows.Values.All(orchestration => orchestration.Steps.Count == 0))
        {
            Report(file, ValidationCodes.SourceWithoutTasks, "tasks", "The file of a subflow has no tasks.", "Give it 'tasks' or stages.");
        }

        // A fetched file must not reach for the secrets of the workers by itself.
        foreach (var name in workflow.Secrets.Keys.Where(name => !_secrets.ContainsKey(name)))
        {
            Report(file, ValidationCodes.SecretNotGranted, $"secrets.{name}",
                $"The file of a subflow declares the secret '{name}', which the workflow itself does not.",
                $"Declare '{name}' in the 'secrets' of the workflow, too: its declaration is the one that counts.");
        }
    }

    private void ReportTooMany(Document document, string id)
    {
        if (!_isFull)
        {
            _isFull = true;
            Report(document, ValidationCodes.SourcesTooMany, $"subflows.{id}",
                $"The workflow has more than {MaxSubflows} subflows or {MaxCharacters} characters, those of fetched files included.",
                "Let files that are named several times name fewer others.");
        }
    }

    private void Report(Document document, string code, string path, string message, string hint) =>
        _diagnostics.Add(new Diagnostic(code, DiagnosticSeverity.Error, message, document.Workflow.Source.Find(path), path, hint)
        {
            File = document.Reference?.DisplayName,
        });

    private sealed record Document(
        WorkflowDefinition Workflow, ResourceReference? Reference, string Prefix, IReadOnlyList<ResourceReference> Chain)
    {
        public IReadOnlyList<WorkflowDefinition> Callers { get; init; } = [];
    }
}
