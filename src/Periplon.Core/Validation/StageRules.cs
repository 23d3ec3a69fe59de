namespace Periplon.Core.Validation;

/// <summary>Stages of orchestrations.</summary>
internal static class StageRules
{
    internal static void Check(ValidationContext context)
    {
        foreach (var (id, orchestration) in context.Workflow.Workflows)
        {
            HashSet<string> names = [];
            for (var i = 0; i < orchestration.Steps.Count; i++)
            {
                if (!names.Add(orchestration.Steps[i].Stage))
                {
                    context.Report.Warning(
                        ValidationCodes.StageNameRepeated,
                        $"workflows.{id}.steps[{i}].stage",
                        $"Orchestration '{id}' has two stages with the name '{orchestration.Steps[i].Stage}'.",
                        "Give each stage a name of its own; dependencies mean the first.");
                }
            }

            for (var i = 0; i < orchestration.Steps.Count; i++)
            {
                CheckStage(context, $"workflows.{id}.steps[{i}]", orchestration.Steps[i], names);
            }
        }
    }

    private static void CheckStage(ValidationContext context, string path, Workflows.StageDefinition stage, HashSet<string> names)
    {
        for (var i = 0; i < stage.DependsOn.Count; i++)
        {
            var name = stage.DependsOn[i];
            if (!names.Contains(name))
            {
                context.Report.Error(
                    ValidationCodes.StageDependencyUnknown,
                    $"{path}.depends_on[{i}]",
                    $"Stage '{stage.Stage}' depends on the stage '{name}', which this orchestration does not have.",
                    context.Names.Hint(name, names, names.Count, "stages"));
            }
        }

        for (var i = 0; i < stage.Agents.Count; i++)
        {
            var agent = stage.Agents[i];
            if (!context.Workflow.Agents.ContainsKey(agent))
            {
                context.Report.Error(
                    ValidationCodes.StageAgentUnknown,
                    $"{path}.agents[{i}]",
                    $"Stage '{stage.Stage}' names the agent '{agent}', which is not declared.",
                    context.Hint(agent, context.Workflow.Agents, "agents"));
            }
        }
    }
}
