using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Shapes;

/// <summary>The fields of a mapping in a file. Keys that nobody asked for are reported at the end.</summary>
internal sealed class ReadFields(Cursor at, MapNode map) : Fields
{
    private readonly List<string> _known = [];

    internal override Cursor At => at;

    /// <summary>Counts a key as known that is not read as a field, such as the <c>type</c> of a union.</summary>
    internal void Know(string name) => _known.Add(name);

    /// <summary>Reports keys that are no fields, and fields that are given twice.</summary>
    internal void Finish()
    {
        Duplicates.Refuse(at, map);
        foreach (var entry in map.Entries)
        {
            if (at.Reading.IsFull)
            {
                break;
            }

            if (_known.Contains(entry.Key) || entry.Key.StartsWith("x-", StringComparison.Ordinal))
            {
                continue;
            }

            var missing = _known.Where(name => map.Find(name) is null);
            var hint = Wording.DidYouMean(entry.Key, missing) ?? $"Allowed: {Wording.Names(_known)}.";
            at.Reading.Warn(DiagnosticCodes.UnknownKey, $"{at.Name} has no field {Wording.Quote(entry.Key)}; it is ignored.",
                entry.KeyAt, at.PathOf(entry.Key), hint);
        }
    }

    internal override void ExactlyOne(string first, string second, string? hint = null)
    {
        if (map.Find(first) is null == map.Find(second) is null)
        {
            at.Error(DiagnosticCodes.ExactlyOne, $"{at.Name} must have exactly one of the fields '{first}' and '{second}'.", hint);
        }
    }

    protected override bool TryFind<T>(FieldNote note, Shape<T> shape, out T value)
    {
        value = default!;
        _known.Add(note.Name);
        var entry = map.Find(note.Name);
        if (note.Alias is { } alias)
        {
            _known.Add(alias);
            if (entry is not null && map.Find(alias) is { } second)
            {
                at.Reading.Error(DiagnosticCodes.TwoSpellings, $"{at.Name} has '{note.Name}' and '{alias}', which are the same field.",
                    second.KeyAt, at.PathOf(alias), $"Keep '{note.Name}'.");
            }

            entry ??= map.Find(alias);
        }

        if (entry is null)
        {
            ReportMissing(note);
            return false;
        }

        var child = at.Entry(entry);
        if (!child.IsNull || shape.AcceptsNull)
        {
            value = shape.Read(child);
            return true;
        }

        if (note.IsRequired)
        {
            at.Reading.Error(DiagnosticCodes.MissingField, $"{child.Name} must have a value; found nothing.", entry.KeyAt, child.Path,
                note.Doc);
        }

        return false;
    }

    private void ReportMissing(FieldNote note)
    {
        if (note.IsRequired)
        {
            at.Reading.Error(DiagnosticCodes.MissingField, $"{at.Name} needs the field '{note.Name}'.", at.KeyAt, at.PathOf(note.Name),
                note.Doc);
        }
    }
}
