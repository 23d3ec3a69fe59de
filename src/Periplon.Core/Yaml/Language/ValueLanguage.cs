using System.Text.Json;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Language;

/// <summary>Inputs, outputs and secrets (reference §2.1).</summary>
internal static class ValueLanguage
{
    internal static readonly Shape<InputDefinition> Input = new StructShape<InputDefinition>("Input", f => new InputDefinition
    {
        Type = f.Required("type", Scalars.Text, "string, number, integer, boolean, object, array or secret."),
        Required = f.Or("required", Scalars.Bool, false, "Whether a value must be given."),
        Default = NotNull(f.OptionalValue("default", JsonShape.Any, "Value used when none is given.")),
        Description = f.Text("description", "What the input means."),
        Enum = f.List("enum", JsonShape.Any, "Allowed values.", "allowed_values"),
        Pattern = f.Text("pattern", "Regular expression that a string must match somewhere."),
        Min = f.OptionalValue("min", Scalars.Number, "Smallest number."),
        Max = f.OptionalValue("max", Scalars.Number, "Largest number."),
        MinLength = f.OptionalValue("min_length", Scalars.Count, "Fewest characters or items."),
        MaxLength = f.OptionalValue("max_length", Scalars.Count, "Most characters or items."),
        Secret = f.Or("secret", Scalars.Bool, false, "Whether the value is masked wherever text leaves the engine."),
    });

    private static readonly Shape<OutputDefinition> Value = JsonShape.Any.As(value => new OutputDefinition { Value = value });

    private static readonly Shape<OutputSource> Source = new UnionShape<OutputSource>("OutputSource", "type",
        ("file", f => new OutputSource.File(f.Required("path", Scalars.Text, "Path of the file."))),
        ("state", f => new OutputSource.State(f.Required("key", Scalars.Text, "Key in the execution's state map."))),
        ("task_output", f => new OutputSource.TaskOutput(f.Required("task", Scalars.Text, "Id of the task."))));

    /// <summary>A mapping with a source or value; anything else is the value itself.</summary>
    internal static readonly Shape<OutputDefinition> Output =
        new ByKindShape<OutputDefinition>(Value, Value, new StructShape<OutputDefinition>("Output", ReadOutput));

    private static readonly Shape<SecretSource> SecretFrom = new UnionShape<SecretSource>("SecretSource", "type",
        ("env", f => new SecretSource.Env(f.Required("var", Scalars.Text, "Name of the environment variable."))),
        ("file", f => new SecretSource.File(f.Required("path", Scalars.Text, "Path of the file."))),
        ("value", f => new SecretSource.Value(f.Required("value", Scalars.Text, "The value itself."))));

    internal static readonly Shape<SecretDefinition> Secret = new StructShape<SecretDefinition>("Secret", f => new SecretDefinition(
        f.Required("source", SecretFrom, "Where its value is read."),
        f.Text("description", "What it is for.")));

    private static OutputDefinition ReadOutput(Fields f)
    {
        f.ExactlyOne("source", "value", "Write 'name: \"${…}\"' for a value, or 'source: {type: …}'.");
        return new OutputDefinition
        {
            Source = f.Optional("source", Source, "Where the value comes from."),
            Value = f.OptionalValue("value", JsonShape.Any, "A value or text with references."),
            Description = f.Text("description", "What the output means."),
            Type = f.Text("type", "Type name."),
        };
    }

    // An explicit null is no default (reference §1.4).
    private static JsonElement? NotNull(JsonElement? value) => value is { ValueKind: JsonValueKind.Null } ? null : value;
}
