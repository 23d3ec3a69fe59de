using System.Text.Json;
using Periplon.Core.Templates;
using Periplon.Core.Validation;
using Periplon.Core.Workflows;

namespace Periplon.Core.Reuse;

/// <summary>Makes ordinary tasks of those that use predefined ones.</summary>
/// <param name="resolution">The chosen tasks and groups.</param>
/// <param name="report">Takes the findings.</param>
internal sealed class TaskExpander(ReuseResolution resolution, ValidationReport report)
{
    /// <summary>The task as it runs; itself when it uses nothing, or after an error.</summary>
    /// <param name="task">The task.</param>
    /// <param name="path">Its path, for findings.</param>
    /// <param name="agents">Takes the agent that is made.</param>
    /// <param name="group">The group whose workflow the task belongs to; null for tasks of a workflow file.</param>
    internal TaskDefinition Expand(TaskDefinition task, string path, AgentBook agents, LibraryGroup? group)
    {
        if (task.Overrides is not null && task.Embed is null)
        {
            report.Warning(
                ReuseCodes.OverridesWithoutEmbed,
                $"{path}.overrides",
                $"Task '{task.Id}' has overrides but no 'embed'; they are ignored.",
                task.Uses is null
                    ? "Overrides change the copy that 'embed' makes."
                    : "Write 'embed' instead of 'uses' to change the task.");
        }

        var field = task.Uses is null ? "embed" : "uses";
        if ((task.Uses ?? task.Embed) is not { } text || Find(task, text, $"{path}.{field}", group) is not { } found)
        {
            return task;
        }

        var (predefined, owner) = found;
        if (TrustRules.FindProblem(predefined) is { } problem)
        {
            report.Error(
                ReuseCodes.SourceNotTrusted,
                $"{path}.{field}",
                $"Task '{task.Id}' uses {predefined.Manifest.Metadata.Reference}, but its source ({predefined.Origin.Place}) is not "
                    + $"trusted and the task {problem}.",
                "Such tasks may use Read, Grep and Glob with default permissions; say 'trusted: true' if you know the source.");
            return task;
        }

        var manifest = predefined.Manifest;
        var key = $"{predefined.Manifest.Metadata.Reference}|{owner?.Manifest.Metadata.Reference}";
        if (task is { Embed: not null, Uses: null, Overrides: { } overrides })
        {
            if (TaskOverrides.Apply(task, manifest, overrides, path, report) is not { } changed)
            {
                return task;
            }

            (task, manifest) = changed;
            key += $"|{path}|{task.Id}";
        }

        manifest = SharedConfiguration.Apply(TrustRules.Restrict(manifest, predefined.Origin), owner?.Manifest.SharedConfig);
        return Build(task, path, manifest, group, agents.Add(key, predefined, AgentOf(manifest)));
    }

    private TaskDefinition Build(TaskDefinition task, string path, PredefinedTaskManifest manifest, LibraryGroup? group, string agentId)
    {
        var reference = manifest.Metadata.Reference;
        var inputs = new OrderedDictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, value) in task.Inputs.Where(input => input.Value.ValueKind is not JsonValueKind.Null))
        {
            inputs[name] = value;
        }

        PassSharedInputs(manifest, group, inputs);
        foreach (var (name, input) in manifest.Inputs.Where(input => input.Value is { Source: not null, Definition.Default: null }))
        {
            inputs.TryAdd(name, JsonSerializer.SerializeToElement(input.Source));
        }

        var declared = manifest.Inputs.ToDictionary(input => input.Key, input => input.Value.Definition, StringComparer.Ordinal);
        new TaskInputs(report, $"Task '{task.Id}' uses {reference}", path).Check(declared, inputs);
        foreach (var (name, definition) in declared)
        {
            if (definition.Default is { } preset)
            {
                inputs.TryAdd(name, preset);
            }
        }

        var prompt = ReferenceRewriter.InputsToTask(manifest.AgentTemplate.Description, manifest.Inputs.ContainsKey);
        return task with
        {
            Uses = null,
            Embed = null,
            Overrides = null,
            Agent = agentId,
            Description = task.Description.Length == 0 ? prompt : $"{prompt}\n\n{task.Description}",
            Inputs = inputs,
            Outputs = OutputsOf(task, manifest),
        };
    }

    private (LibraryTask Task, LibraryGroup? Group)? Find(TaskDefinition task, string text, string path, LibraryGroup? group)
    {
        if (group?.Manifest.Tasks.FirstOrDefault(member => member.Name == text.Split('@')[0].Trim()) is { } own)
        {
            return Chosen(own.Name, group);
        }

        if (!TaskReference.TryParse(text, out var reference, out var problem))
        {
            report.Error(ReuseCodes.ConstraintMalformed, path, $"Task '{task.Id}' uses '{text}', which {problem}");
            return null;
        }

        if (reference.Namespace is not { } space)
        {
            return Chosen(reference.Name, null);
        }

        if (!resolution.Namespaces.TryGetValue(space, out var imported))
        {
            // A group that is imported and was not found is reported at its import.
            return null;
        }

        if (imported.Manifest.Tasks.All(member => member.Name != reference.Name))
        {
            var names = imported.Manifest.Tasks.Select(member => member.Name).ToArray();
            report.Error(
                ReuseCodes.GroupTaskUnknown,
                path,
                $"Task '{task.Id}' uses '{text}', but the group {imported.Manifest.Metadata.Reference} has no task '{reference.Name}'.",
                new NameHints().Hint(reference.Name, names, names.Length, "tasks of the group"));
            return null;
        }

        if (Chosen(reference.Name, imported) is { } chosen)
        {
            return chosen;
        }

        if (resolution.IsReported(reference.Name))
        {
            return null;
        }

        report.Error(
            ReuseCodes.TaskNotFound,
            path,
            $"Task '{task.Id}' uses '{text}', but the group {imported.Manifest.Metadata.Reference} is there without it.",
            "Install the group's optional task.");
        return null;
    }

    private (LibraryTask Task, LibraryGroup? Group)? Chosen(string name, LibraryGroup? group) =>
        resolution.Tasks.TryGetValue(name, out var task) ? (task, group) : null;

    // Inputs that all tasks of a group share are inputs of its workflows, which hand them on.
    private static void PassSharedInputs(
        PredefinedTaskManifest manifest, LibraryGroup? group, OrderedDictionary<string, JsonElement> inputs)
    {
        foreach (var (name, shared) in group?.Manifest.SharedConfig?.Inputs ?? Map<InputDefinition>.Empty)
        {
            if (manifest.Inputs.ContainsKey(name) && (shared.Required || shared.Default is not null))
            {
                inputs.TryAdd(name, JsonSerializer.SerializeToElement("${input." + name + "}"));
            }
        }
    }

    private static AgentDefinition AgentOf(PredefinedTaskManifest manifest) => manifest.AgentTemplate with
    {
        Description = ReferenceRewriter.InputsToTask(manifest.AgentTemplate.Description, manifest.Inputs.ContainsKey),
        SystemPrompt = manifest.AgentTemplate.SystemPrompt is { } prompt
            ? ReferenceRewriter.InputsToTask(prompt, manifest.Inputs.ContainsKey)
            : null,
    };

    /// <summary>
    /// The task's own outputs, or those of the predefined task. Where the task says <c>name: "${task.name}"</c>, it means the declared one.
    /// </summary>
    private static IReadOnlyDictionary<string, OutputDefinition> OutputsOf(TaskDefinition task, PredefinedTaskManifest manifest)
    {
        if (task.Outputs.Count == 0)
        {
            return manifest.Outputs;
        }

        var outputs = new OrderedDictionary<string, OutputDefinition>(StringComparer.Ordinal);
        foreach (var (name, output) in task.Outputs)
        {
            outputs[name] = DeclaredName(output) is { } declared && manifest.Outputs.TryGetValue(declared, out var found) ? found : output;
        }

        return outputs;
    }

    private static string? DeclaredName(OutputDefinition output) =>
        output.Value is { ValueKind: JsonValueKind.String } value
        && ReferenceRewriter.IsReference(value)
        && ReferencePath.TryParse(Template.Parse(value.GetString()!).References[0], out var path)
        && path is { Root: "task", Segments: [_, { Name: { } name }] }
            ? name
            : null;
}
