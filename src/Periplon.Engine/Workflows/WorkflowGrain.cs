using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Engine.Executions;
using Periplon.Engine.Resources;
using Periplon.Engine.Storage;

namespace Periplon.Engine.Workflows;

/// <summary>One workflow. The workflows and workflow_versions tables are its state, written in one transaction per change.</summary>
[GrainType("workflow")]
internal sealed partial class WorkflowGrain(
    IWorkflowStore store, WorkflowCatalog catalog, ResourceResolver resolver, RetryPreparation retries, RevisionImpact impact,
    TimeProvider time)
    : Grain, IWorkflowGrain
{
    private WorkflowRow? _row;
    private Guid _id;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = Guid.ParseExact(this.GetPrimaryKeyString(), "D");
        _row = await store.FindAsync(_id, cancellationToken);
    }

    public async Task<WorkflowSaved> CreateAsync(SaveWorkflow request, CancellationToken cancellationToken)
    {
        if (_row is { IsDeleted: true })
        {
            return new WorkflowSaved { Status = WorkflowSaveStatus.NotFound };
        }

        if (_row is not null)
        {
            var first = await store.FindVersionAsync(_id, 1, cancellationToken);
            return first?.Sha256 == Sha256Of(request.Definition) && _row.Organization == request.Organization
                ? Saved(_row, [])
                : new WorkflowSaved { Status = WorkflowSaveStatus.Conflict };
        }

        return await SaveAsync(request, null, cancellationToken);
    }

    public async Task<WorkflowSaved> UpdateAsync(SaveWorkflow request, CancellationToken cancellationToken) =>
        Exists(request.Organization)
            ? await SaveAsync(request, _row, cancellationToken)
            : new WorkflowSaved { Status = WorkflowSaveStatus.NotFound };

    public async Task<bool> DeleteAsync(string organization, CancellationToken cancellationToken)
    {
        if (!Exists(organization))
        {
            return false;
        }

        var deleted = _row! with { IsDeleted = true, IsActive = false, UpdatedAt = time.GetUtcNow() };
        await WriteAsync(deleted, null, deleted.Revision, cancellationToken);
        return true;
    }

    public async Task<StartResult> StartAsync(StartExecution request, CancellationToken cancellationToken)
    {
        // A deleted workflow still answers for what it started.
        if (Find(request.Organization) is not { } row)
        {
            return new StartResult { Status = StartStatus.WorkflowNotFound };
        }

        if (!TryReadInputs(request.Inputs, out var supplied, out var problem))
        {
            return new StartResult { Status = StartStatus.InvalidInputs, Problems = [WorkflowProblems.Of(problem)] };
        }

        var revision = request.Revision == 0 ? row.Revision : request.Revision;
        var (refusal, bound) = await BindAsync(row, revision, supplied, cancellationToken);
        if (refusal is { Status: StartStatus.InvalidInputs } && supplied.Values.Any(value => ValueLimits.FindProblem(value) is not null))
        {
            // What cannot be stored cannot have been started before either.
            return refusal;
        }

        var hash = StartFingerprint.Of(_id, request, supplied);
        if (refusal is not null)
        {
            return await StartedBeforeAsync(request.Organization, request.ExecutionId, hash, cancellationToken) is { } before ? new StartResult { Status = before } : refusal;
        }

        var inputs = JsonSerializer.SerializeToUtf8Bytes(bound!, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement);
        var create = new CreateExecution
        {
            Start = request with { Inputs = inputs }, WorkflowId = _id, Revision = revision, RequestHash = hash,
        };
        return new StartResult { Status = await Execution(request.ExecutionId).CreateAsync(create, cancellationToken) };
    }

    private static bool TryReadInputs(
        ReadOnlyMemory<byte> inputs, out IReadOnlyDictionary<string, JsonElement> supplied, out InputProblem problem)
    {
        problem = new InputProblem("inputs", "");
        supplied = new Dictionary<string, JsonElement>();
        try
        {
            if (!inputs.IsEmpty)
            {
                supplied = JsonSerializer.Deserialize(inputs.Span, ExecutionJson.Default.IReadOnlyDictionaryStringJsonElement)!;
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Such as a name that is half of a character, which no declared input has.
            problem = new InputProblem("inputs", $"The inputs cannot be read: {e.Message}");
            return false;
        }
    }

    private async Task<(StartResult? Refusal, IReadOnlyDictionary<string, JsonElement>? Bound)> BindAsync(
        WorkflowRow row, int revision, IReadOnlyDictionary<string, JsonElement> supplied, CancellationToken cancellationToken)
    {
        if (row.IsDeleted)
        {
            return (new StartResult { Status = StartStatus.WorkflowNotFound }, null);
        }

        if (!row.IsActive)
        {
            return (new StartResult { Status = StartStatus.WorkflowInactive }, null);
        }

        if (await catalog.FindAsync(_id, revision, cancellationToken) is not { } entry)
        {
            return (new StartResult { Status = StartStatus.WorkflowNotFound }, null);
        }

        if (entry.Unsupported.Count > 0)
        {
            return (new StartResult { Status = StartStatus.NotRunnable, Problems = [.. entry.Unsupported.Select(WorkflowProblems.Of)] }, null);
        }

        var binding = InputBinder.Bind(entry.Plan.Workflow.Inputs, supplied);
        return binding.Problems.Count > 0
            ? (new StartResult { Status = StartStatus.InvalidInputs, Problems = [.. binding.Problems.Select(WorkflowProblems.Of)] }, null)
            : (null, binding.Values);
    }

    // The repetition of a start that was committed is answered as the first was, even when the workflow would not start it any more.
    private async Task<StartStatus?> StartedBeforeAsync(
        string organization, Guid executionId, string hash, CancellationToken cancellationToken)
    {
        if (await Execution(executionId).DescribeAsync(cancellationToken) is not { RequestHash: { } before } view)
        {
            return null;
        }

        return view.Organization == organization && view.WorkflowId == _id && before == hash
            ? StartStatus.AlreadyStarted
            : StartStatus.Conflict;
    }

    private IExecutionGrain Execution(Guid id) => GrainFactory.GetExecution(id);

    private bool Exists(string organization) => Find(organization) is { IsDeleted: false };

    private WorkflowRow? Find(string organization)
    {
        if (_row is null)
        {
            // Nobody needs an activation for an id that somebody made up.
            DeactivateOnIdle();
        }

        return _row?.Organization == organization ? _row : null;
    }

    private async Task<WorkflowSaved> SaveAsync(SaveWorkflow request, WorkflowRow? old, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        IReadOnlyList<Problem> problems = [];
        WorkflowDefinition? workflow = null;
        string? resources = null;
        if (request.Definition is { } text)
        {
            // Off the grain's turn: a file of 5 MB takes seconds, and so do sources far away.
            var bundle = await Task.Run(() => resolver.ResolveAsync(text, cancellationToken), cancellationToken);
            problems = [.. bundle.Diagnostics.Select(WorkflowProblems.Of)];
            if (!bundle.IsValid)
            {
                return new WorkflowSaved { Status = WorkflowSaveStatus.Invalid, Problems = problems };
            }

            (workflow, resources) = (bundle.Workflow, bundle.Resources.ToJson());
        }

        var sha256 = Sha256Of(request.Definition);
        var changed = workflow is not null && (old is null
            || await store.FindVersionAsync(_id, old.Revision, cancellationToken) is not { } newest
            || newest.Sha256 != sha256 || newest.Resources != resources);
        var revision = (old?.Revision ?? 0) + (changed ? 1 : 0);
        var row = new WorkflowRow
        {
            Id = _id,
            Organization = request.Organization,
            Name = workflow?.Name ?? old!.Name,
            Version = workflow?.Version ?? old!.Version,
            Revision = revision,
            Description = request.Description ?? (changed ? workflow?.Description : null) ?? old?.Description,
            Tags = request.Tags ?? old?.Tags ?? [],
            IsActive = request.IsActive ?? old?.IsActive ?? true,
            CreatedAt = old?.CreatedAt ?? now,
            UpdatedAt = now,
            CreatedBy = old?.CreatedBy ?? request.By,
        };
        var version = !changed ? null : new WorkflowVersionRow
        {
            WorkflowId = _id, Revision = revision, Version = row.Version, Definition = request.Definition!, Sha256 = sha256,
            CreatedAt = now, Resources = resources,
            CreatedBy = request.By,
        };
        try
        {
            await WriteAsync(row, version, old?.Revision ?? 0, cancellationToken);
        }
        catch (WorkflowNameTakenException e)
        {
            return new WorkflowSaved { Status = WorkflowSaveStatus.NameTaken, Name = row.Name, TakenBy = e.TakenBy };
        }

        return Saved(row, problems);
    }

    private async Task WriteAsync(WorkflowRow row, WorkflowVersionRow? version, int expectedRevision, CancellationToken cancellationToken)
    {
        try
        {
            await store.SaveAsync(row, version, expectedRevision, cancellationToken);
            _row = row;
        }
        catch (Exception e) when (e is not WorkflowNameTakenException)
        {
            // The outcome may be unknown, or another activation wrote: the next call reads the row again.
            DeactivateOnIdle();
            throw;
        }
    }

    private static WorkflowSaved Saved(WorkflowRow row, IReadOnlyList<Problem> problems) => new()
    {
        Status = WorkflowSaveStatus.Saved, Name = row.Name, Version = row.Version, Revision = row.Revision, UpdatedAt = row.UpdatedAt,
        Problems = problems,
    };

    private static string Sha256Of(string? text) =>
        text is null ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
