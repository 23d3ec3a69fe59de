using Periplon.Core.Names;
using Periplon.Core.Templates;

namespace Periplon.Core.Validation;

/// <summary>Hints for names that are not declared.</summary>
internal sealed class NameHints
{
    private const int ListedNames = 8;

    // A file of many thousand tasks whose every reference is wrong would compare each name with each other; beyond this many
    // comparisons the hints do without suggestions.
    private int _comparisonsLeft = 50_000;

    internal string Hint(string name, IEnumerable<string> declared, int count, string plural)
    {
        if (count == 0)
        {
            return $"No {plural} are declared.";
        }

        if (Find(name, declared) is { } nearest)
        {
            return $"Did you mean '{nearest}'?";
        }

        return count <= ListedNames
            ? $"Declared {plural}: {string.Join(", ", declared)}."
            : $"{count} {plural} are declared, none with a similar name.";
    }

    internal string? Find(string name, IEnumerable<string> candidates) =>
        NearestName.Find(name, candidates.TakeWhile(_ => _comparisonsLeft-- > 0));
}
