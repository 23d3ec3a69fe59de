using System.Globalization;
using System.Text.Json;
using Periplon.Commands;
using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>What a task would do, in one line.</summary>
internal static class TaskDeeds
{
    private const int Longest = 120;

    public static string Of(TaskDefinition task, WorkflowDefinition workflow, PlanValues values)
    {
        var own = values.WithInputsOf(task);
        return Shorten(CellText.Printable(task.Kind switch
        {
            TaskKind.Script => Script(task.Script!, own),
            TaskKind.Command => Command(task.Command!, own),
            TaskKind.Http => $"{task.Http!.Method.ToString().ToUpperInvariant()} {own.Fill(task.Http.Url)}",
            TaskKind.Llm => $"{Word(task.Llm!.Provider)} {task.Llm.Model}: {FirstLine(own.Fill(task.Llm.Prompt))}",
            TaskKind.McpTool =>
                $"{own.Fill(task.McpTool!.Server)}/{own.Fill(task.McpTool.Tool)}({string.Join(", ", task.McpTool.Parameters.Keys)})",
            TaskKind.Agent => Agent(task, task.Agent!, workflow, own),
            TaskKind.Subflow => task.Subflow + Arguments(task, values),
            TaskKind.Uses => task.Uses + Arguments(task, values),
            TaskKind.Embed => task.Embed + Arguments(task, values),
            TaskKind.UsesWorkflow => task.UsesWorkflow + Arguments(task, values),
            TaskKind.Switch => $"on {Json(task.Switch!.On, own)}",
            TaskKind.Sleep => Sleep(task.Sleep!, own),
            TaskKind.WaitFor => Wait(task.WaitFor!),
            TaskKind.Approval => Approval(task.Approval!, own),
            TaskKind.Notify => FirstLine(own.Fill(task.Notify!.Message)),
            // A task that names nothing to execute takes the default agent.
            _ when task.Subtasks.Count == 0 && workflow.Defaults?.Agent is { } agent => Agent(task, agent, workflow, own),
            _ => FirstLine(own.Fill(task.Description)),
        }));
    }

    private static string Script(ScriptDefinition script, PlanValues values)
    {
        var language = script.Language.ToString().ToLowerInvariant();
        if (script.Content is not { } content)
        {
            return $"{language} {values.Fill(script.File ?? "")}";
        }

        var lines = values.FillProgram(content).Trim().ReplaceLineEndings("\n").Split('\n');
        var more = lines.Length > 1 ? $" (+{Counted.Of(lines.Length - 1, "line")})" : "";
        return $"{language}: {Shorten(lines[0], Longest - language.Length - more.Length - 2)}{more}";
    }

    private static string Command(CommandDefinition command, PlanValues values) =>
        string.Join(' ', command.Args.Prepend(command.Executable).Select(values.FillProgram).Select(Quote));

    // As a shell would want it, so that what is one argument is seen to be one.
    private static string Quote(string argument) =>
        argument.Length > 0 && argument.All(character => char.IsLetterOrDigit(character) || "-_./:=+,@%{}$~^".Contains(character))
            ? argument
            : "'" + argument.ReplaceLineEndings("\\n").Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private static string Agent(TaskDefinition task, string id, WorkflowDefinition workflow, PlanValues values)
    {
        var agent = workflow.Agents.GetValueOrDefault(id);
        var model = agent?.Model ?? workflow.Model;
        var provider = Word(agent?.Provider ?? workflow.Provider);
        return $"{id} ({provider}{(model is null ? "" : " " + model)}): {FirstLine(values.Fill(task.Description))}";
    }

    private static string Sleep(SleepDefinition sleep, PlanValues values) => sleep switch
    {
        { Until: { } until } => $"until {values.Fill(until)}",
        { Seconds: { ValueKind: JsonValueKind.Number } seconds } => Seconds(seconds.GetDouble()),
        { Seconds: { } seconds } => values.Fill(seconds.ToString()),
        _ => "",
    };

    private static string Wait(WaitForDefinition wait) =>
        (wait.Signal is { } signal ? $"signal '{signal}'" : $"webhook '{wait.Webhook}'")
        + (wait.TimeoutSecs is { } timeout ? $", at most {Seconds(timeout)}" : "")
        + (wait.Default is { } value ? $", else {value.GetRawText()}" : "");

    private static string Approval(ApprovalDefinition approval, PlanValues values) =>
        $"by {(approval.Approvers.Count == 0 ? "anybody who may" : string.Join(", ", approval.Approvers))}"
        + (approval.TimeoutSecs is { } timeout ? $", at most {Seconds(timeout)}" : "")
        + (approval.Default is { } choice ? $", else {choice}" : "")
        + (approval.Message is { } message ? $": {FirstLine(values.Fill(message))}" : "");

    private static string Arguments(TaskDefinition task, PlanValues values) => task.Inputs.Count == 0
        ? ""
        : $"({string.Join(", ", task.Inputs.Select(pair => $"{pair.Key} = {Json(pair.Value, values)}"))})";

    private static string Json(JsonElement value, PlanValues values) => value.ValueKind is JsonValueKind.String
        ? JsonText.Of(JsonSerializer.SerializeToElement(values.Fill(value.GetString()!)))
        : JsonText.Of(value);

    public static string Seconds(double seconds) => seconds.ToString("0.###", CultureInfo.InvariantCulture) + " s";

    private static string Word(ModelProvider provider) => provider.ToString().ToLowerInvariant();

    private static string FirstLine(string text) => Counted.FirstLine(text);

    private static string Shorten(string text, int longest = Longest) => JsonText.Shorten(text, longest);
}
