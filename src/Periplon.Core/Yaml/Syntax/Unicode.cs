using System.Text;

namespace Periplon.Core.Yaml.Syntax;

/// <summary>Makes texts well-formed: half surrogate pairs cannot be stored as UTF-8 and become U+FFFD.</summary>
internal static class Unicode
{
    internal static string Valid(string text)
    {
        foreach (var unit in text)
        {
            if (char.IsSurrogate(unit))
            {
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            }
        }

        return text;
    }
}
