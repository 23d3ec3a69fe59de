using Microsoft.Extensions.DependencyInjection;
using Periplon.Engine.Audit;
using Periplon.Engine.Doctor;
using Periplon.Engine.Retention;

namespace Periplon.Tests.Api;

/// <summary>Deletes executions from the fake stores; refuses those that others need.</summary>
internal sealed class FakePurge(FakeStores stores) : IExecutionPurge
{
    /// <summary>What a deletion finds and does, in place of deleting.</summary>
    public Func<PurgedTree>? Instead { get; set; }

    public Task<PurgedTree> DeleteTreeAsync(Guid executionId, CancellationToken cancellationToken)
    {
        if (Instead is not null)
        {
            return Task.FromResult(Instead());
        }

        var isNeeded = stores.Executions.Any(
            row => row.ParentExecutionId == executionId && row.TriggerType == "subflow" && row.CompletedAt is null);
        var deleted = isNeeded ? 0 : stores.Executions.RemoveAll(row => row.Id == executionId);
        return Task.FromResult(new PurgedTree(deleted, deleted > 0));
    }
}

/// <summary>A doctor who finds one thing, once he may.</summary>
internal sealed class FakeDoctor(TimeProvider time) : IDoctor
{
    public TaskCompletionSource? Held { get; set; }

    public DoctorRequest? Last { get; private set; }

    public IReadOnlyList<string> Names { get; } = ["executions", "orphans"];

    public async Task<DoctorReport?> ExamineAsync(DoctorRequest request, CancellationToken cancellationToken)
    {
        Last = request;
        if (Held is { } held)
        {
            await held.Task.WaitAsync(cancellationToken);
        }

        var finding = new Finding
        {
            Code = "row_differs", Severity = FindingSeverity.Error, Target = "execution 1", Organization = "default", Found = "It differs",
            Matters = "It is shown wrongly", Advice = "--repair writes it anew", Mend = (_, _) => throw new NotSupportedException(),
        };
        return new DoctorReport
        {
            StartedAt = time.GetUtcNow(), Seconds = 0.25, Database = "sqlite", Repair = request.Repair,
            Checks = [new CheckSummary("executions", 7, 1, true, null)],
            Findings = [new Examined("executions", finding, request.Repair ? RepairOutcome.Repaired : null)],
        };
    }
}

/// <summary>Keeps what was noted.</summary>
internal sealed class FakeAudit : IAuditTrail
{
    public List<AuditEntry> Entries { get; } = [];

    /// <summary>What was noted by a server: what was done, and to what.</summary>
    public static IEnumerable<(string Action, string Target)> Of(ApiHost api) =>
        EntriesOf(api).Select(entry => (entry.Action, entry.Target));

    public static IReadOnlyList<AuditEntry> EntriesOf(ApiHost api) =>
        ((FakeAudit)api.Services.GetRequiredService<IAuditTrail>()).Entries;

    public Task AddAsync(AuditEntry entry)
    {
        Entries.Add(entry);
        return Task.CompletedTask;
    }
}
