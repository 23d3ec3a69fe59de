using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Inputs;
using Periplon.Core.Yaml;
using Periplon.Plans;

namespace Periplon.Commands;

/// <summary><c>periplon run --dry-run</c>: what a run would do, and what would keep it from starting.</summary>
internal static class DryRun
{
    public static int Run(CommandShell shell, WorkflowSource source, IReadOnlyDictionary<string, string> given, bool verbose, bool json)
    {
        // A file with mistakes has no plan; parts that load but do not run have one.
        var plan = source.WithoutRefusals().Checked is { IsValid: true, Workflow: { } workflow }
            ? RunPlanner.Plan(workflow, Inputs(source, given))
            : null;
        if (json)
        {
            var document = WorkflowList.ToJson(source.Checked, verbose);
            document["plan"] = plan is null ? null : PlanJson.Of(plan);
            shell.WriteJson(document);
            return source.Checked.IsValid ? ExitCode.Ok : ExitCode.Failure;
        }

        if (plan is not null)
        {
            PlanText.Write(shell.Out, plan);
            shell.Out.WriteLine();
        }

        DiagnosticReport.Write(shell, source, verbose ? DiagnosticSeverity.Info : DiagnosticSeverity.Warning);
        if (!source.Checked.IsValid)
        {
            shell.WriteError(source.Summary);
            return ExitCode.Failure;
        }

        var condition = plan!.MissingInputs.Count == 0 ? "" : " once its inputs are given";
        shell.Out.WriteLine($"{source.File} can be run{condition}; nothing was started{source.Warnings}");
        return ExitCode.Ok;
    }

    // What is missing is part of the plan; what is wrong is an error, as it would be without --dry-run.
    private static IReadOnlyDictionary<string, JsonElement> Inputs(WorkflowSource source, IReadOnlyDictionary<string, string> given)
    {
        var declared = source.Checked.Workflow!.Inputs;
        var binding = InputBinder.BindText(declared, given);
        var wrong = binding.Problems.Where(problem => !IsMissing(problem.Path)).Select(problem => problem.Message).ToArray();
        return wrong.Length == 0 ? binding.Values : throw new CommandException($"the inputs do not fit {source.File}", wrong);

        bool IsMissing(string path) => declared.Any(input =>
            path == $"inputs.{input.Key}" && !given.ContainsKey(input.Key) && input.Value is { Required: true, Default: null });
    }
}
