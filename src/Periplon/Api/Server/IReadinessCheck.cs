namespace Periplon.Api.Server;

/// <summary>
/// Tells whether one thing the server needs can be reached. The host registers one named <c>storage</c> and one named <c>queue</c>; one
/// that is missing shows as <c>not_configured</c>.
/// </summary>
internal interface IReadinessCheck
{
    /// <summary>Name in the answer of <c>/ready</c>.</summary>
    string Name { get; }

    /// <summary>Returns when it is reachable; throws otherwise.</summary>
    Task CheckAsync(CancellationToken cancellationToken);
}
