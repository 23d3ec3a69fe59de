using Periplon.Api.Workflows;
using Periplon.Commands;
using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Hosting;

/// <summary>Parser and validator, as API and command line use them.</summary>
internal sealed class WorkflowReader : IWorkflowReader
{
    public static CheckedWorkflow Read(string text)
    {
        var parsed = WorkflowParser.Parse(text);
        return parsed.Workflow is { } workflow
            ? new CheckedWorkflow(workflow, [.. parsed.Diagnostics, .. WorkflowValidator.Validate(workflow)])
            : new CheckedWorkflow(null, parsed.Diagnostics);
    }

    public IReadOnlyList<Diagnostic> Check(string text) => Read(text).Diagnostics;
}
