namespace Periplon.Core.Yaml.Shapes;

/// <summary>
/// The fields of a mapping, asked for one by one. One function asks for them twice in its life: over a file, where it gets the
/// values, and for the schema, where it gets nothing and only the questions count.
/// </summary>
internal abstract class Fields
{
    /// <summary>The mapping that is read; null while the schema is written.</summary>
    internal abstract Cursor? At { get; }

    /// <summary>Key of the mapping in the one around it: the id of a task or agent.</summary>
    internal string Key => At?.Key ?? "";

    /// <summary>A field that must be there and have a value.</summary>
    internal T Required<T>(string name, Shape<T> shape, string doc, string? alias = null) =>
        TryFind(new FieldNote(name, doc, alias, IsRequired: true), shape, out var value) ? value : default!;

    internal T? Optional<T>(string name, Shape<T> shape, string doc, string? alias = null)
        where T : class? => TryFind(new FieldNote(name, doc, alias), shape, out var value) ? value : null;

    internal T? OptionalValue<T>(string name, Shape<T> shape, string doc, string? alias = null)
        where T : struct => TryFind(new FieldNote(name, doc, alias), shape, out var value) ? value : null;

    /// <summary>A field with a value of its own when it is left out.</summary>
    internal T Or<T>(string name, Shape<T> shape, T fallback, string doc, string? alias = null) =>
        TryFind(new FieldNote(name, doc, alias, Default: fallback), shape, out var value) ? value : fallback;

    /// <summary>A field whose default is only told, because what surrounds the mapping may set it too; null when it is left out.</summary>
    internal T? Given<T>(string name, Shape<T> shape, T usual, string doc)
        where T : struct => TryFind(new FieldNote(name, doc, Default: usual), shape, out var value) ? value : null;

    /// <inheritdoc cref="Given{T}"/>
    internal string? GivenText(string name, string usual, string doc) =>
        TryFind(new FieldNote(name, doc, Default: usual), Scalars.Text, out var value) ? value : null;

    internal IReadOnlyList<T> List<T>(string name, Shape<T> item, string doc, string? alias = null) =>
        TryFind(new FieldNote(name, doc, alias), new ListShape<T>(item), out var value) ? value : [];

    internal IReadOnlyDictionary<string, T> Map<T>(string name, Shape<T> item, string doc) =>
        TryFind(new FieldNote(name, doc), new MapShape<T>(item), out var value) ? value : new Dictionary<string, T>(0);

    internal string? Text(string name, string doc, string? alias = null) => Optional(name, Scalars.Text, doc, alias);

    internal double? Seconds(string name, string doc, string? alias = null) => OptionalValue(name, Scalars.Duration, doc, alias);

    /// <summary>Says that exactly one of two fields must be there.</summary>
    internal abstract void ExactlyOne(string first, string second, string? hint = null);

    protected abstract bool TryFind<T>(FieldNote note, Shape<T> shape, out T value);
}

/// <summary>What is known about a field beside its shape.</summary>
internal sealed record FieldNote(string Name, string Doc, string? Alias = null, bool IsRequired = false, object? Default = null);
