using Periplon.Core.Executions;

namespace Periplon.Engine.Artifacts;

/// <summary>Large outputs and files, outside the database.</summary>
internal interface IArtifactStore
{
    /// <summary>Stores a stream; what is returned exists on stable storage.</summary>
    /// <param name="executionId">Execution that owns it; retention deletes by this.</param>
    /// <param name="name">Name within the execution, such as <c>build/1/output</c>.</param>
    /// <param name="content">The content, read to its end.</param>
    /// <param name="cancellationToken">Stops the upload; nothing is left behind.</param>
    Task<ArtifactReference> PutAsync(Guid executionId, string name, Stream content, CancellationToken cancellationToken);

    /// <summary>Opens an artifact for reading.</summary>
    /// <exception cref="FileNotFoundException">It does not exist any more.</exception>
    Task<Stream> OpenAsync(ArtifactReference artifact, CancellationToken cancellationToken);

    /// <summary>Deletes all artifacts of an execution.</summary>
    Task DeleteAsync(Guid executionId, CancellationToken cancellationToken);
}
