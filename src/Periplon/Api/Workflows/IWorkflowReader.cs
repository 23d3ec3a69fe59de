using Periplon.Core.Yaml;

namespace Periplon.Api.Workflows;

/// <summary>Reads and checks the text of a workflow; the host gives the language's parser and validator.</summary>
internal interface IWorkflowReader
{
    /// <summary>
    /// Every finding about a text, YAML or JSON, and about the files that it takes from outside; it is valid when none is an error.
    /// </summary>
    Task<IReadOnlyList<Diagnostic>> CheckAsync(string text, CancellationToken cancellationToken);
}
