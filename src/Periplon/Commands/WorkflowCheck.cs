using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Commands;

/// <summary>Parser and validator, one after the other.</summary>
internal static class WorkflowCheck
{
    public static CheckedWorkflow Check(string text)
    {
        var parsed = WorkflowParser.Parse(text);
        return parsed.Workflow is { } workflow
            ? new CheckedWorkflow(workflow, [.. parsed.Diagnostics, .. WorkflowValidator.Validate(workflow)])
            : new CheckedWorkflow(null, parsed.Diagnostics);
    }
}
