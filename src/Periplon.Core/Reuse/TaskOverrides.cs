using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Reuse.Language;
using Periplon.Core.Validation;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Core.Yaml.Language;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Reuse;

/// <summary>
/// Applies <c>overrides</c> to the copy that <c>embed</c> makes: fields of the agent, alone or below <c>agent_template</c>, are merged into
/// the template; <c>inputs</c> and <c>outputs</c> are added to those of the task; fields of a task replace those of the task.
/// </summary>
internal static class TaskOverrides
{
    private static readonly string[] AgentFields =
        ["description", "provider", "model", "system_prompt", "tools", "permissions", "max_turns"];

    private static readonly string[] Wrappers = ["agent_template", "agent"];

    private static readonly Dictionary<string, Func<TaskDefinition, TaskDefinition, TaskDefinition>> TaskFields =
        new(StringComparer.Ordinal)
    {
        ["inputs"] = (task, over) => task with { Inputs = Merge(task.Inputs, over.Inputs) },
        ["outputs"] = (task, over) => task with { Outputs = Merge(task.Outputs, over.Outputs) },
        ["output"] = (task, over) => task with { Output = over.Output },
        ["priority"] = (task, over) => task with { Priority = over.Priority },
        ["timeout_secs"] = (task, over) => task with { TimeoutSecs = over.TimeoutSecs },
        ["retry"] = (task, over) => task with { Retry = over.Retry },
        ["on_error"] = (task, over) => task with { OnError = over.OnError },
        ["on_complete"] = (task, over) => task with { OnComplete = over.OnComplete },
        ["continue_on_error"] = (task, over) => task with { ContinueOnError = over.ContinueOnError },
        ["condition"] = (task, over) => task with { Condition = over.Condition },
        ["if"] = (task, over) => task with { If = over.If },
        ["definition_of_done"] = (task, over) => task with { DefinitionOfDone = over.DefinitionOfDone },
        ["inject_context"] = (task, over) => task with { InjectContext = over.InjectContext },
        ["limits"] = (task, over) => task with { Limits = over.Limits },
        ["context"] = (task, over) => task with { Context = over.Context },
        ["set_state"] = (task, over) => task with { SetState = Merge(task.SetState, over.SetState) },
        ["concurrency"] = (task, over) => task with { Concurrency = over.Concurrency },
        ["rate_limit"] = (task, over) => task with { RateLimit = over.RateLimit },
        ["cache"] = (task, over) => task with { Cache = over.Cache },
        ["labels"] = (task, over) => task with { Labels = Merge(task.Labels, over.Labels) },
        ["worker_tags"] = (task, over) => task with { WorkerTags = over.WorkerTags },
    };

    /// <summary>The task and the manifest with the overrides applied; null after an error, which is then reported.</summary>
    internal static (TaskDefinition Task, PredefinedTaskManifest Manifest)? Apply(
        TaskDefinition task, PredefinedTaskManifest manifest, JsonElement overrides, string path, ValidationReport report)
    {
        path += ".overrides";
        if (overrides.ValueKind is not JsonValueKind.Object)
        {
            report.Error(
                ReuseCodes.OverrideWrong, path, $"The overrides of task '{task.Id}' are no mapping.", "Write 'field: value' lines.");
            return null;
        }

        var agent = (JsonObject)JsonNode.Parse(manifest.AgentTemplateJson.GetRawText())!;
        var ofTask = new JsonObject();
        foreach (var member in overrides.EnumerateObject())
        {
            var value = JsonNode.Parse(member.Value.GetRawText());
            if (Wrappers.Contains(member.Name) && value is JsonObject fields)
            {
                Merge(agent, fields);
            }
            else if (AgentFields.Contains(member.Name))
            {
                Merge(agent, new JsonObject { [member.Name] = value });
            }
            else if (TaskFields.ContainsKey(member.Name))
            {
                ofTask[member.Name] = value;
            }
            else
            {
                ReportUnknown(member.Name, path, report);
            }
        }

        var agentRead = Read(agent, TaskManifestLanguage.AgentTemplate, path, report);
        var taskRead = Read(ofTask, TaskLanguage.Task, path, report);
        if (agentRead is null || taskRead is null)
        {
            return null;
        }

        foreach (var (name, _) in ofTask)
        {
            task = TaskFields[name](task, taskRead);
        }

        return (task, manifest with { AgentTemplate = agentRead });
    }

    private static void ReportUnknown(string name, string path, ValidationReport report)
    {
        string[] known = [.. AgentFields, .. TaskFields.Keys];
        report.Warning(
            ReuseCodes.OverrideUnknown,
            $"{path}.{name}",
            $"'{name}' is no field that can be overridden; it is ignored.",
            Wording.DidYouMean(name, known) ?? $"Allowed: {string.Join(", ", known)}.");
    }

    private static T? Read<T>(JsonObject json, Shape<T> shape, string path, ValidationReport report)
        where T : class
    {
        var text = json.ToJsonString();
        var reading = new Reading(text.Length);
        var value = shape.Read(Cursor.Root(JsonTree.TryRead(text)!, reading));
        foreach (var found in reading.Diagnostics)
        {
            var at = found.Path.Length == 0 ? path : $"{path}.{found.Path}";
            report.Add(
                found.Severity,
                found.Severity is DiagnosticSeverity.Error ? ReuseCodes.OverrideWrong : ReuseCodes.OverrideUnknown,
                at,
                found.Message,
                found.Hint);
        }

        return reading.HasErrors ? null : value;
    }

    // Mappings are merged member by member, anything else is replaced, null takes a field away.
    private static void Merge(JsonObject target, JsonObject over)
    {
        foreach (var (name, value) in over)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner && target[name] is JsonObject below)
            {
                Merge(below, inner);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    private static OrderedDictionary<string, T> Merge<T>(IReadOnlyDictionary<string, T> own, IReadOnlyDictionary<string, T> over)
    {
        var all = new OrderedDictionary<string, T>(own, StringComparer.Ordinal);
        foreach (var (name, value) in over)
        {
            all[name] = value;
        }

        return all;
    }
}
