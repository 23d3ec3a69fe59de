using System.Text.Json;
using Periplon.Core.Inputs;
using Periplon.Core.Secrets;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using Periplon.Engine.Tasks.Secrets;

namespace Periplon.Engine.Tasks;

/// <summary>
/// Fills references into the texts of one attempt. Values come from the execution, by reference as written or by a beginning of it that
/// the rest leads into; secrets and variables of the environment exist only on the worker and are read here.
/// </summary>
internal sealed class TaskTexts : ITaskTexts, ITemplateScope
{
    private readonly IReadOnlyDictionary<string, JsonElement> _values;
    private readonly TaskDefinition _task;
    private readonly AgentDefinition? _agent;
    private readonly IReadOnlyList<string> _wholeOutputs;
    private readonly HashSet<string> _readableEnvironment;
    private readonly SecretSources _secrets;
    private readonly SecretMask _mask;
    private readonly HashSet<string> _inputsUnderWay = new(StringComparer.Ordinal);

    internal TaskTexts(AttemptRequest request, TaskOptions options)
    {
        (_values, _task, _wholeOutputs) = (request.Values, request.Task, request.WholeOutputs);
        _agent = request.AgentId is { } id ? request.Workflow.Agents.GetValueOrDefault(id) : null;
        _readableEnvironment = new HashSet<string>([.. request.Workflow.Env, .. options.ReadableEnvironment], StringComparer.Ordinal);
        _readableEnvironment.RemoveWhere(name => options.ForbiddenSecretVariables.Any(pattern => NamePattern.Matches(pattern, name)));
        _secrets = new SecretSources(request.Workflow, options);
        _mask = new SecretMask([.. _secrets.Values, .. request.SecretTexts, .. SecretInputs.TextsOf(request.Workflow, request.Values)]);
    }

    public bool HasSecrets => !_mask.IsEmpty;

    public string Lenient(string text) => Template.Parse(text).Render(this, lenient: true);

    public string Prompt(string text) => Template.Parse(text).RenderKnown(this);

    public string Strict(string text) => Template.Parse(text).Render(this, lenient: false);

    public JsonElement Strict(JsonElement value) => TemplateValues.Render(value, this);

    public string Mask(string text) => _mask.Mask(text);

    /// <summary>Masks the strings of a value.</summary>
    internal JsonElement Mask(JsonElement value) => _mask.Mask(value);

    public int SafeCut(string text, int cut) => _mask.SafeCut(text, cut);

    public bool TryResolve(string reference, out JsonElement value)
    {
        value = default;
        if (!ReferencePath.TryParse(reference, out var path))
        {
            return _values.TryGetValue(reference, out value);
        }

        return path.Root switch
        {
            "secret" => TryResolveSecret(path, out value),
            "env" => TryResolveVariable(path, out value),
            "task" when TryResolveOwnInput(path, out value) => true,
            "agent" when TryResolveAgent(path, out value) => true,
            _ => TryResolveGiven(path, out value),
        };
    }

    private bool TryResolveSecret(ReferencePath path, out JsonElement value)
    {
        value = default;
        if (path.Segments is not [_, { Name: { } name }] || !_secrets.Declares(name))
        {
            return false;
        }

        if (!_secrets.TryGet(name, out var secret, out var problem))
        {
            throw new TemplateException($"${{{path.Text}}}", problem);
        }

        value = JsonSerializer.SerializeToElement(secret);
        return true;
    }

    private bool TryResolveVariable(ReferencePath path, out JsonElement value)
    {
        value = default;
        if (path.Segments is not [_, { Name: { } name }] || !_readableEnvironment.Contains(name)
            || Environment.GetEnvironmentVariable(name) is not { } text)
        {
            return false;
        }

        value = JsonSerializer.SerializeToElement(text);
        return true;
    }

    // An input such as {token: "${secret.token}"} cannot be filled in by the execution, which must never see the secret. Only the text in
    // the workflow is filled in this way: a value that merely contains such a text, out of another task's output, stays as it is.
    private bool TryResolveOwnInput(ReferencePath path, out JsonElement value)
    {
        value = default;
        if (path.Segments is not [_, { Name: { } name }, ..] || !_task.Inputs.TryGetValue(name, out var definition)
            || !(NeedsWorker(definition) || !_values.ContainsKey(path.Text)) || !_inputsUnderWay.Add(name))
        {
            return false;
        }

        try
        {
            return (NeedsWorker(definition) || !TryResolveGiven(path, out value))
                && ReferencePath.TryGetMember(TemplateValues.Render(definition, this), path.From(2), out value)
                || value.ValueKind is not JsonValueKind.Undefined;
        }
        finally
        {
            _inputsUnderWay.Remove(name);
        }
    }

    // Inputs of an agent have no values but their defaults.
    private bool TryResolveAgent(ReferencePath path, out JsonElement value)
    {
        value = default;
        if (path.Segments is not [_, { Name: { } name }, ..] || _agent?.Inputs.GetValueOrDefault(name)?.Default is not { } given
            || !_inputsUnderWay.Add($"agent.{name}"))
        {
            return false;
        }

        try
        {
            return ReferencePath.TryGetMember(TemplateValues.Render(given, this), path.From(2), out value);
        }
        finally
        {
            _inputsUnderWay.Remove($"agent.{name}");
        }
    }

    private bool TryResolveGiven(ReferencePath path, out JsonElement value)
    {
        if (_values.TryGetValue(path.Text, out value))
        {
            return true;
        }

        for (var length = path.Segments.Count - 1; length > 0; length--)
        {
            if (_values.TryGetValue(ReferencePath.Of([.. path.Segments.Take(length)]).Text, out var root))
            {
                return ReferencePath.TryGetMember(root, path.From(length), out value);
            }
        }

        return false;
    }

    private bool NeedsWorker(JsonElement definition) => TemplateValues.ListReferences(definition).Any(reference =>
        reference.StartsWith("secret.", StringComparison.Ordinal) || reference.StartsWith("env.", StringComparison.Ordinal)
        || _wholeOutputs.Any(whole => IsInside(reference, whole)));

    private static bool IsInside(string reference, string whole) => reference.StartsWith(whole, StringComparison.Ordinal)
        && (reference.Length == whole.Length || reference[whole.Length] is '.' or '[');
}
