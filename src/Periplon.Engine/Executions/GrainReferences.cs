using Periplon.Client.Executions;
using Periplon.Client.Workflows;

namespace Periplon.Engine.Executions;

/// <summary>
/// References to the grains that every start asks for. Asked for by interface and key, Orleans looks the interface up by reflection each
/// time; with its name, as the interface's alias says it, and the grain's type it does not.
/// </summary>
internal static class GrainReferences
{
    private static readonly GrainType Executions = GrainType.Create("execution");
    private static readonly GrainType Workflows = GrainType.Create("workflow");
    private static readonly GrainInterfaceType ExecutionInterface = GrainInterfaceType.Create("Periplon.IExecutionGrain");
    private static readonly GrainInterfaceType WorkflowInterface = GrainInterfaceType.Create("Periplon.IWorkflowGrain");

    /// <summary>The grain of an execution.</summary>
    public static IExecutionGrain GetExecution(this IGrainFactory grains, Guid id) =>
        (IExecutionGrain)grains.GetGrain(GrainId.Create(Executions, IdSpan.Create(id.ToString("D"))), ExecutionInterface);

    /// <summary>The grain of a workflow.</summary>
    public static IWorkflowGrain GetWorkflow(this IGrainFactory grains, Guid id) =>
        (IWorkflowGrain)grains.GetGrain(GrainId.Create(Workflows, IdSpan.Create(id.ToString("D"))), WorkflowInterface);
}
