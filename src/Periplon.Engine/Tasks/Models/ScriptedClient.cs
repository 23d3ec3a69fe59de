using System.Globalization;
using System.IO.Enumeration;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Periplon.Core.Executions;
using Periplon.Core.Models;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Engine.Tasks.Models;

/// <summary>Answers prompts by the rules of a script.</summary>
internal sealed class ScriptedClient(ModelScript script, TimeProvider time) : TextChatClient
{
    private const int ShownPrompt = 200;

    private readonly ScriptedRule[] _rules =
        [.. script.Rules.Concat(script.Default is { } last ? [last] : []).Select(rule => new ScriptedRule(rule))];

    protected override async Task<TextAnswer> AnswerAsync(
        IReadOnlyList<ChatMessage> messages, PromptOrigin origin, CancellationToken cancellationToken)
    {
        var prompt = new ScriptedPrompt(TextOf(messages, ChatRole.User), TextOf(messages, ChatRole.System), origin);
        var (rule, use) = Choose(prompt);
        var scope = new ScriptedPromptScope(prompt, use);
        if (rule.DelaySecs > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(rule.DelaySecs), time, cancellationToken);
        }

        foreach (var (path, content) in rule.Files)
        {
            await WriteAsync(scope.Fill(path), scope.Fill(content), origin, cancellationToken);
        }

        if (rule.Fail is { } fail)
        {
            throw new ModelException(fail.Kind, scope.Fill(fail.Message));
        }

        return new TextAnswer(scope.Fill(rule.Answer ?? "")) { Outputs = rule.Outputs, State = rule.State };
    }

    private (ModelScriptRule Rule, int Use) Choose(ScriptedPrompt prompt)
    {
        foreach (var rule in _rules)
        {
            if (rule.Matches(prompt) && rule.TryUse(out var use))
            {
                return (rule.Definition, use);
            }
        }

        var origin = prompt.Origin;
        var shown = prompt.Text.Length > ShownPrompt ? prompt.Text[..ShownPrompt] + "…" : prompt.Text;
        var agent = origin.Agent is null ? "" : $", agent '{origin.Agent}'";
        throw new ModelException(
            FailureKinds.Model,
            $"No rule of the script of answers is for the prompt of task '{origin.TaskPath}' (attempt {origin.Attempt}{agent}, "
            + $"{origin.Target}): \"{shown}\". Add a rule for it, or a 'default'");
    }

    private static async Task WriteAsync(string path, string content, PromptOrigin origin, CancellationToken cancellationToken)
    {
        try
        {
            var file = Path.GetFullPath(path, origin.Directory);
            Directory.CreateDirectory(Path.GetDirectoryName(file) ?? file);
            await File.WriteAllTextAsync(file, content, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ModelException(
                FailureKinds.Model, $"The script of answers could not write '{path}' for task '{origin.TaskPath}': {exception.Message}");
        }
    }
}

/// <summary>A prompt as the rules of a script see it.</summary>
internal sealed record ScriptedPrompt(string Text, string System, PromptOrigin Origin);

/// <summary>A rule, and how often it was used.</summary>
internal sealed class ScriptedRule(ModelScriptRule rule)
{
    private readonly BoundedPattern? _pattern = rule.Match.PromptPattern is { } text ? new BoundedPattern(text) : null;
    private int _uses;

    internal ModelScriptRule Definition => rule;

    internal bool Matches(ScriptedPrompt prompt)
    {
        var (match, origin) = (rule.Match, prompt.Origin);
        return IsAny(match.Task, origin.TaskPath)
            && IsAny(match.Agent, origin.Agent)
            && IsAny(match.Model, origin.Target.Model)
            && (match.Provider.Count is 0 || match.Provider.Contains(origin.Target.Provider))
            && (match.Attempt.Count is 0 || match.Attempt.Contains(origin.Attempt))
            && (match.Prompt.Count is 0 || match.Prompt.Any(text => prompt.Text.Contains(text, StringComparison.Ordinal)))
            && (_pattern is null || MatchesPattern(_pattern, prompt));
    }

    /// <summary>Counts a use; false when the rule is used up.</summary>
    internal bool TryUse(out int use)
    {
        use = Interlocked.Increment(ref _uses);
        return rule.Times is not { } times || use <= times;
    }

    private static bool IsAny(IReadOnlyList<string> patterns, string? name) => patterns.Count is 0
        || (name is not null && patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)));

    private static bool MatchesPattern(BoundedPattern pattern, ScriptedPrompt prompt) =>
        pattern.IsMatch(prompt.Text) ?? throw new ModelException(
            FailureKinds.Model,
            $"The prompt_pattern '{pattern.Text}' of the script of answers took too long over the prompt of task "
            + $"'{prompt.Origin.TaskPath}'");
}

/// <summary>What the texts of a rule may refer to.</summary>
internal sealed class ScriptedPromptScope(ScriptedPrompt prompt, int use) : ITemplateScope
{
    internal string Fill(string text) => Template.Parse(text).Render(this, lenient: false);

    public bool TryResolve(string reference, out JsonElement value)
    {
        var text = reference switch
        {
            "prompt" => prompt.Text,
            "system_prompt" => prompt.System,
            "task" => prompt.Origin.TaskPath,
            "attempt" => prompt.Origin.Attempt.ToString(CultureInfo.InvariantCulture),
            "agent" => prompt.Origin.Agent ?? "",
            "provider" => prompt.Origin.Target.Provider.ToWord(),
            "model" => prompt.Origin.Target.Model ?? "",
            "use" => use.ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
        value = text is null ? default : JsonSerializer.SerializeToElement(text);
        return text is not null;
    }
}
