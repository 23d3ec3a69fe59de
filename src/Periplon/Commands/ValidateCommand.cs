using System.CommandLine;
using System.Text.Json.Nodes;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Commands;

/// <summary><c>periplon validate FILE</c>.</summary>
internal static class ValidateCommand
{
    public static Command Create(
        CommandShell shell, Func<string, CheckedWorkflow> check, Func<string, string, CancellationToken, Task<CheckedWorkflow>>? resolve)
    {
        var file = new Argument<string>("file") { Description = "Workflow file" };
        var verbose = CommonOptions.Verbose("List agents and tasks, and remarks that are no warnings");
        var json = CommonOptions.Json();
        var command = new Command("validate", "Check a workflow file") { file, verbose, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var source = WorkflowSource.Read(shell, parsed.GetRequiredValue(file), check);
            return Run(
                shell, await source.ResolveAsync(shell, resolve, cancellationToken), parsed.GetValue(verbose), parsed.GetValue(json));
        });
        return command;
    }

    /// <summary>Reports on a workflow; also the end of <c>run --dry-run</c>.</summary>
    public static int Run(CommandShell shell, WorkflowSource source, bool verbose, bool json)
    {
        if (json)
        {
            shell.WriteJson(ToJson(source, verbose));
            return source.Checked.IsValid ? ExitCode.Ok : ExitCode.Failure;
        }

        DiagnosticReport.Write(shell, source, verbose ? DiagnosticSeverity.Info : DiagnosticSeverity.Warning);
        if (!source.Checked.IsValid)
        {
            shell.WriteError(source.Summary);
            return ExitCode.Failure;
        }

        var workflow = source.Checked.Workflow!;
        shell.Out.WriteLine(
            $"{source.File} is valid: {workflow.Name} {workflow.Version}, "
            + $"{Count(workflow.Agents.Count, "agent")}, {Count(TaskCount(workflow), "task")}");
        if (verbose)
        {
            WriteDetails(shell, workflow);
        }

        return ExitCode.Ok;
    }

    private static void WriteDetails(CommandShell shell, WorkflowDefinition workflow)
    {
        if (workflow.Agents.Count > 0)
        {
            shell.WriteTable(["agent", "description", "tools"], workflow.Agents.Select(pair => (IReadOnlyList<string>)
                [pair.Key, FirstLine(pair.Value.Description), string.Join(", ", pair.Value.Tools)]));
        }

        if (workflow.Tasks.Count > 0)
        {
            shell.WriteTable(["task", "kind", "description", "depends on"], Tasks(workflow).Select(each => (IReadOnlyList<string>)
                [
                    each.Path, each.Task.Kind.ToString().ToLowerInvariant(), FirstLine(each.Task.Description),
                    string.Join(", ", each.Task.DependsOn),
                ]));
        }
    }

    private static JsonObject ToJson(WorkflowSource source, bool verbose)
    {
        var workflow = source.Checked.Workflow;
        var json = new JsonObject
        {
            ["valid"] = source.Checked.IsValid,
            ["workflow_name"] = workflow?.Name,
            ["workflow_version"] = workflow?.Version,
            ["agents_count"] = workflow?.Agents.Count ?? 0,
            ["tasks_count"] = workflow is null ? 0 : TaskCount(workflow),
        };
        if (verbose && workflow is not null)
        {
            json["agents"] = new JsonArray([.. workflow.Agents.Select(pair => (JsonNode)new JsonObject
            {
                ["name"] = pair.Key, ["description"] = pair.Value.Description, ["tools"] = Strings(pair.Value.Tools),
            })]);
            json["tasks"] = new JsonArray([.. Tasks(workflow).Select(each => (JsonNode)new JsonObject
            {
                ["name"] = each.Path, ["description"] = each.Task.Description, ["depends_on"] = Strings(each.Task.DependsOn),
            })]);
        }

        json["diagnostics"] = DiagnosticReport.ToJson(source.Checked.Diagnostics);
        return json;
    }

    private static int TaskCount(WorkflowDefinition workflow) => Tasks(workflow).Count();

    private static IEnumerable<(string Path, TaskDefinition Task)> Tasks(WorkflowDefinition workflow) =>
        workflow.Tasks.SelectMany(pair => WithSubtasks(pair.Key, pair.Value));

    private static IEnumerable<(string Path, TaskDefinition Task)> WithSubtasks(string path, TaskDefinition task) =>
        task.Subtasks.SelectMany(child => WithSubtasks($"{path}.{child.Id}", child)).Prepend((path, task));

    private static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    private static string FirstLine(string text) => text.ReplaceLineEndings("\n").Split('\n')[0].Trim();

    private static string Count(int count, string word) => count == 1 ? $"1 {word}" : $"{count} {word}s";
}
