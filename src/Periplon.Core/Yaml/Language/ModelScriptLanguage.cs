using System.Text.Json;
using System.Text.RegularExpressions;
using Periplon.Core.Executions;
using Periplon.Core.Models;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Language;

/// <summary>Scripts of model answers.</summary>
internal static class ModelScriptLanguage
{
    // Longest time an expression of a script may take over a prompt, here only to be built.
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private static readonly string[] Placeholders =
        ["prompt", "system_prompt", "task", "attempt", "agent", "provider", "model", "use"];

    private static readonly string[] FailureWords =
    [
        FailureKinds.Model, FailureKinds.Timeout, FailureKinds.Network, FailureKinds.HttpStatus, FailureKinds.Limit,
        FailureKinds.Internal,
    ];

    private static readonly Shape<string> Filled = new CheckedTextShape(CheckPlaceholders);

    private static readonly Shape<IReadOnlyList<string>> Texts = new ListShape<string>(Scalars.Text);

    private static readonly Shape<ModelScriptMatch> Match = new ByKindShape<ModelScriptMatch>(
        Scalars.Text.As(task => new ModelScriptMatch { Task = [task] }),
        Texts.As(tasks => new ModelScriptMatch { Task = tasks }),
        new StructShape<ModelScriptMatch>("ScriptMatch", f => new ModelScriptMatch
        {
            Task = f.List("task", Scalars.Text, "Task paths; * stands for any characters."),
            Agent = f.List("agent", Scalars.Text, "Agent ids; * stands for any characters."),
            Provider = f.List("provider", ModelLanguage.Provider, "Providers."),
            Model = f.List("model", Scalars.Text, "Model names; * stands for any characters."),
            Prompt = f.List("prompt", Scalars.Text, "Texts, any of which the prompt holds."),
            PromptPattern = f.Optional(
                "prompt_pattern", new CheckedTextShape(CheckPattern), "Regular expression that the prompt matches."),
            Attempt = f.List("attempt", Scalars.Whole(1, int.MaxValue), "Attempts, counted from 1."),
        }));

    private static readonly Shape<ModelScriptFailure> Failure = new ByKindShape<ModelScriptFailure>(
        Filled.As(message => new ModelScriptFailure(message)),
        null,
        new StructShape<ModelScriptFailure>("ScriptFailure", f => new ModelScriptFailure(
            f.Required("message", Filled, "What the task's error says."),
            f.Or("kind", Choice.Of(FailureWords), FailureKinds.Model, "Kind of the failure."))));

    private static readonly Shape<ModelScriptRule> Rule = new StructShape<ModelScriptRule>("ScriptRule", f => ReadRule(f, matches: true));

    // A bare text is the answer: most defaults are nothing more.
    private static readonly Shape<ModelScriptRule> DefaultRule = new ByKindShape<ModelScriptRule>(
        Filled.As(answer => new ModelScriptRule { Answer = answer }),
        null,
        new StructShape<ModelScriptRule>("ScriptDefault", f => ReadRule(f, matches: false)));

    /// <summary>The whole file.</summary>
    internal static readonly Shape<ModelScript> Script = new StructShape<ModelScript>("Script", f =>
    {
        var script = new ModelScript
        {
            Rules = f.List("rules", Rule, "The rules, tried in order."),
            Default = f.Optional("default", DefaultRule, "What answers prompts that no rule matches."),
        };
        if (f.At is { Reading.HasErrors: false } at && script is { Rules.Count: 0, Default: null })
        {
            at.Error(DiagnosticCodes.MissingField, "The script has no rule and no default, so it would answer nothing.");
        }

        return script;
    });

    private static ModelScriptRule ReadRule(Fields f, bool matches)
    {
        var rule = new ModelScriptRule
        {
            Name = f.Text("name", "Name in the log."),
            Match = matches ? f.Optional("match", Match, "Which prompts it is for; a text is a task path.") ?? new() : new(),
            Times = matches ? f.OptionalValue("times", Scalars.Whole(1, int.MaxValue), "How many prompts it is used for.") : null,
            DelaySecs = f.Seconds("delay_secs", "Seconds before anything happens.", "delay") ?? 0,
            Files = ReadFiles(f),
            Answer = f.Optional("answer", Filled, "The answer; may hold placeholders."),
            Fail = f.Optional("fail", Failure, "The failure instead of an answer."),
            Outputs = f.Map("outputs", JsonShape.Any, "Named outputs that the answer sets."),
            State = f.Map("state", JsonShape.Any, "State values that the answer sets."),
            At = f.At?.Node.At ?? new SourceLocation(1, 1),
        };
        if (f.At is { } at)
        {
            CheckRule(rule, at);
        }

        return rule;
    }

    private static IReadOnlyDictionary<string, string> ReadFiles(Fields f)
    {
        var files = f.Map("files", Filled, "Files to write: content by path, relative to the task's working directory.");
        if (f.At is { Node: MapNode map } at && map.Find("files") is { Value: MapNode written } entry)
        {
            foreach (var file in written.Entries)
            {
                CheckPlaceholders(at.Entry(entry).Entry(file), file.Key);
                if (file.Key.Length == 0)
                {
                    at.Reading.Error(
                        DiagnosticCodes.NotAllowed, $"{at.Name} names a file by an empty path.", file.KeyAt, at.PathOf("files"));
                }
            }
        }

        return files;
    }

    private static void CheckRule(ModelScriptRule rule, Cursor at)
    {
        if (rule.Answer is not null && rule.Fail is not null)
        {
            at.Error(DiagnosticCodes.ExactlyOne, $"{at.Name} has both 'answer' and 'fail'; a rule does one of the two.");
        }
        else if (rule is { Answer: null, Fail: null, Files.Count: 0, Outputs.Count: 0, State.Count: 0 } && !at.Reading.HasErrors)
        {
            at.Error(
                DiagnosticCodes.MissingField,
                $"{at.Name} does nothing; it needs at least one of 'answer', 'fail', 'files', 'outputs' and 'state'.");
        }
        else if (rule.Fail is not null && rule.Outputs.Count + rule.State.Count > 0)
        {
            at.Error(DiagnosticCodes.ExactlyOne, $"{at.Name} fails, so it cannot set 'outputs' or 'state', which belong to an answer.");
        }
    }

    private static void CheckPlaceholders(Cursor at, string text)
    {
        foreach (var reference in Template.Parse(text).References.Where(reference => !Placeholders.Contains(reference)))
        {
            at.Error(
                DiagnosticCodes.NotAllowed,
                $"{at.Name} holds {Wording.Quote($"${{{reference}}}")}, which is no placeholder; allowed: {Wording.Names(Placeholders)}.",
                "Put a backslash before the braces where they are meant as they are.");
        }
    }

    private static void CheckPattern(Cursor at, string pattern)
    {
        try
        {
            _ = new Regex(pattern, RegexOptions.CultureInvariant, MatchTimeout);
        }
        catch (ArgumentException exception)
        {
            at.Error(DiagnosticCodes.NotAllowed, $"{at.Name} is no regular expression: {exception.Message}");
        }
    }

    private sealed class CheckedTextShape(Action<Cursor, string> check) : Shape<string>
    {
        internal override string Read(Cursor at)
        {
            var text = Scalars.Text.Read(at);
            check(at, text);
            return text;
        }

        internal override System.Text.Json.Nodes.JsonObject Describe(SchemaDefinitions definitions) => Scalars.Text.Describe(definitions);
    }
}
