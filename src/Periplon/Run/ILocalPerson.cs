using Periplon.Client.Executions;

namespace Periplon.Run;

/// <summary>Whoever watches a local run. Calls may come from any thread.</summary>
internal interface ILocalPerson
{
    /// <summary>Says what the run waits for that only somebody else can give.</summary>
    void Tell(string awaited);

    /// <summary>Asks for a decision; null when nobody is there to be asked.</summary>
    Task<LocalDecision?> AskAsync(ApprovalView approval, CancellationToken cancellationToken);
}

/// <summary>A decision about an approval.</summary>
internal sealed record LocalDecision(bool Approved, string? By = null, string? Comment = null);

/// <summary>A signal that is sent before a run starts; without a payload it brings nothing.</summary>
internal sealed record LocalSignal(string Name, System.Text.Json.JsonElement? Payload);
