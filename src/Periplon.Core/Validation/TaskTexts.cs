using Periplon.Core.Conditions;
using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>The texts of one task that are filled in.</summary>
internal static class TaskTexts
{
    internal static void Add(TextList texts, TaskNode node)
    {
        var task = node.Task;
        var path = node.Path;
        var use = node.IsMainTopLevel ? TextUse.Prompt : TextUse.Text;
        texts.Add($"{path}.description", task.Description, use);
        texts.AddValues($"{path}.inputs", task.Inputs, use);
        texts.Add($"{path}.output", task.Output);
        texts.AddOutputs($"{path}.outputs", task.Outputs);
        texts.AddValues($"{path}.set_state", task.SetState);
        texts.Add($"{path}.concurrency.key", task.Concurrency?.Key);
        texts.Add($"{path}.rate_limit.key", task.RateLimit?.Key);
        texts.Add($"{path}.cache.key", task.Cache?.Key);
        AddKind(texts, task, path);
        AddConditions(texts, task, path);
        AddCollection(texts, task, path);
        AddMatrix(texts, task.Matrix, path);
        AddCriteria(texts, task, path);
        NotificationTexts.Add(texts, $"{path}.on_complete.notify", task.OnComplete);
        NotificationTexts.Add(texts, $"{path}.on_error.notify", task.OnError?.Notify);
    }

    private static void AddKind(TextList texts, TaskDefinition task, string path)
    {
        texts.Add($"{path}.script.working_dir", task.Script?.WorkingDir, TextUse.Shell);
        texts.AddMap($"{path}.script.env", task.Script?.Env ?? Map<string>.Empty, TextUse.Shell);
        texts.Add($"{path}.command.working_dir", task.Command?.WorkingDir, TextUse.Shell);
        texts.AddMap($"{path}.command.env", task.Command?.Env ?? Map<string>.Empty, TextUse.Shell);
        if (task.Llm is { } llm)
        {
            texts.Add($"{path}.llm.prompt", llm.Prompt);
            texts.Add($"{path}.llm.system_prompt", llm.SystemPrompt);
            texts.Add($"{path}.llm.endpoint", llm.Endpoint);
            texts.Add($"{path}.llm.api_key", llm.ApiKey);
            texts.Add($"{path}.llm.model", llm.Model);
        }

        if (task.Http is { } http)
        {
            texts.Add($"{path}.http.url", http.Url);
            texts.Add($"{path}.http.body", http.Body);
            texts.AddMap($"{path}.http.headers", http.Headers);
            AddAuth(texts, $"{path}.http.auth", http.Auth, TextUse.Text);
        }

        texts.AddValues($"{path}.mcp_tool.parameters", task.McpTool?.Parameters ?? Map<System.Text.Json.JsonElement>.Empty);
        texts.AddValue($"{path}.switch.on", task.Switch?.On);
        texts.AddValue($"{path}.sleep.seconds", task.Sleep?.Seconds);
        texts.Add($"{path}.sleep.until", task.Sleep?.Until);
        texts.Add($"{path}.approval.message", task.Approval?.Message);
    }

    internal static void AddAuth(TextList texts, string path, HttpAuth? auth, TextUse use)
    {
        switch (auth)
        {
            case HttpAuth.Bearer bearer:
                texts.Add($"{path}.token", bearer.Token, use);
                break;
            case HttpAuth.Basic basic:
                texts.Add($"{path}.username", basic.Username, use);
                texts.Add($"{path}.password", basic.Password, use);
                break;
            case HttpAuth.ApiKey key:
                texts.Add($"{path}.key", key.Key, use);
                break;
            case HttpAuth.Custom custom:
                texts.AddMap($"{path}.headers", custom.Headers, use);
                break;
        }
    }

    private static void AddConditions(TextList texts, TaskDefinition task, string path)
    {
        texts.Add($"{path}.if", task.If, TextUse.Expression);
        AddCondition(texts, $"{path}.condition", task.Condition);
        AddCondition(texts, $"{path}.loop_control.break_condition", task.LoopControl?.BreakCondition);
        AddCondition(texts, $"{path}.loop_control.continue_condition", task.LoopControl?.ContinueCondition);
        AddCondition(texts, $"{path}.loop.condition", (task.Loop as LoopDefinition.While)?.Condition);
        AddCondition(texts, $"{path}.loop.condition", (task.Loop as LoopDefinition.RepeatUntil)?.Condition);
    }

    private static void AddCondition(TextList texts, string path, Condition? condition)
    {
        if (condition is null)
        {
            return;
        }

        Stack<Condition> open = new([condition]);
        while (open.TryPop(out var next))
        {
            switch (next)
            {
                case Condition.When text:
                    texts.Add(path, text.Expression, TextUse.Expression);
                    break;
                case Condition.StateEquals state:
                    texts.AddValue(path, state.Value);
                    break;
                case Condition.And all:
                    PushAll(all.Conditions);
                    break;
                case Condition.Or any:
                    PushAll(any.Conditions);
                    break;
                case Condition.Not inverse:
                    open.Push(inverse.Inner);
                    break;
            }
        }

        void PushAll(IReadOnlyList<Condition> conditions)
        {
            foreach (var inner in conditions)
            {
                open.Push(inner);
            }
        }
    }

    private static void AddCollection(TextList texts, TaskDefinition task, string path)
    {
        switch ((task.Loop as LoopDefinition.ForEach)?.Collection)
        {
            case CollectionDefinition.File file:
                texts.Add($"{path}.loop.collection.path", file.Path);
                break;
            case CollectionDefinition.Http http:
                texts.Add($"{path}.loop.collection.url", http.Url);
                texts.Add($"{path}.loop.collection.body", http.Body);
                texts.AddMap($"{path}.loop.collection.headers", http.Headers);
                break;
        }
    }

    private static void AddMatrix(TextList texts, MatrixDefinition? matrix, string path)
    {
        foreach (var (axis, values) in matrix?.Axes ?? Map<IReadOnlyList<System.Text.Json.JsonElement>>.Empty)
        {
            for (var i = 0; i < values.Count; i++)
            {
                texts.AddValue($"{path}.matrix.{axis}[{i}]", values[i]);
            }
        }

        for (var i = 0; i < matrix?.Include.Count; i++)
        {
            texts.AddValues($"{path}.matrix.include[{i}]", matrix.Include[i]);
        }

        for (var i = 0; i < matrix?.Exclude.Count; i++)
        {
            texts.AddValues($"{path}.matrix.exclude[{i}]", matrix.Exclude[i]);
        }
    }

    private static void AddCriteria(TextList texts, TaskDefinition task, string path)
    {
        var criteria = task.DefinitionOfDone?.Criteria ?? [];
        for (var i = 0; i < criteria.Count; i++)
        {
            var at = $"{path}.definition_of_done.criteria[{i}]";
            texts.Add($"{at}.description", criteria[i].Description);
            texts.Add($"{at}.path", criteria[i] switch
            {
                DoneCriterion.FileExists file => file.Path,
                DoneCriterion.DirectoryExists directory => directory.Path,
                DoneCriterion.FileContains file => file.Path,
                DoneCriterion.FileNotContains file => file.Path,
                _ => null,
            });
        }
    }
}
