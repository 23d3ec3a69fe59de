using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;

namespace Periplon.Plans;

/// <summary>The values that are known before a run: inputs, loop variables and a task's own inputs. Secrets are <c>***</c>.</summary>
internal sealed class PlanValues : ITemplateScope
{
    private static readonly JsonElement Masked = JsonSerializer.SerializeToElement(SecretInputs.Mark);

    private readonly IReadOnlyDictionary<string, JsonElement> _inputs;
    private readonly Dictionary<string, JsonElement> _locals;

    private PlanValues(IReadOnlyDictionary<string, JsonElement> inputs, Dictionary<string, JsonElement> locals) =>
        (_inputs, _locals) = (inputs, locals);

    public static PlanValues Of(WorkflowDefinition workflow, IReadOnlyDictionary<string, JsonElement> inputs)
    {
        var shown = SecretInputs.Mask(inputs, SecretInputs.NamesOf(workflow));
        return new PlanValues(shown, []);
    }

    /// <summary>Values of the inputs as they may be shown.</summary>
    public IReadOnlyDictionary<string, JsonElement> Inputs => _inputs;

    /// <summary>The same with further variables of a loop or a task; they win over outer ones.</summary>
    public PlanValues With(IEnumerable<KeyValuePair<string, JsonElement>> locals)
    {
        var all = new Dictionary<string, JsonElement>(_locals, StringComparer.Ordinal);
        foreach (var (name, value) in locals)
        {
            all[name] = value;
        }

        return new PlanValues(_inputs, all);
    }

    /// <summary>The same with a task's own inputs, filled in.</summary>
    public PlanValues WithInputsOf(TaskDefinition task) => task.Inputs.Count == 0
        ? this
        : With(task.Inputs.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ValueKind is JsonValueKind.String
            ? JsonSerializer.SerializeToElement(Fill(pair.Value.GetString()!))
            : pair.Value)));

    /// <summary>What the tasks of a subflow see: the inputs that the task hands on, filled in, and the defaults of the others.</summary>
    public PlanValues Inside(SubflowDefinition subflow, TaskDefinition caller)
    {
        var given = WithInputsOf(caller)._locals;
        var inputs = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, input) in subflow.Inputs)
        {
            var value = caller.Inputs.ContainsKey(name) ? given[name] : input.Default;
            if (value is { } known)
            {
                inputs[name] = InputTypes.IsSecret(input) ? Masked : known;
            }
        }

        return new PlanValues(inputs, []);
    }

    /// <summary>Fills in what is known; the rest stays as written.</summary>
    public string Fill(string text)
    {
        try
        {
            return Template.Parse(text).Render(new OrAsWritten(this), lenient: false);
        }
        catch (TemplateException)
        {
            return text; // Too long to be filled in; a plan shows its first line only.
        }
    }

    /// <summary>The same for scripts and commands, whose <c>${NAME}</c> are their own.</summary>
    public string FillProgram(string text)
    {
        try
        {
            return Template.Parse(text).Render(this, lenient: true);
        }
        catch (TemplateException)
        {
            return text;
        }
    }

    public bool TryResolve(string reference, out JsonElement value)
    {
        value = default;
        if (!ReferencePath.TryParse(reference, out var path))
        {
            return false;
        }

        if (!path.IsQualified)
        {
            return TryMember(_locals, path, 0, out value) || TryMember(_inputs, path, 0, out value);
        }

        switch (path.Root)
        {
            case "secret":
                value = Masked;
                return true;
            case "workflow" or "input" or "inputs":
                return TryMember(_inputs, path, 1, out value);
            case "task" or "loop" or "matrix":
                return TryMember(_locals, path, 1, out value);
            default:
                return TryMember(_locals, path, 0, out value);
        }
    }

    private static bool TryMember(
        IReadOnlyDictionary<string, JsonElement> values, ReferencePath path, int at, out JsonElement value)
    {
        value = default;
        return path.Segments[at].Name is { } name
            && values.TryGetValue(name, out var root)
            && ReferencePath.TryGetMember(root, path.From(at + 1), out value);
    }

    private sealed class OrAsWritten(PlanValues values) : ITemplateScope
    {
        public bool TryResolve(string reference, out JsonElement value)
        {
            if (!values.TryResolve(reference, out value))
            {
                value = JsonSerializer.SerializeToElement($"${{{reference}}}");
            }

            return true;
        }
    }
}
