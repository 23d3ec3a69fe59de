using System.Text.Json;

namespace Periplon.Core.Templates;

/// <summary>Knows the values that references stand for.</summary>
public interface ITemplateScope
{
    /// <summary>Finds the value of a reference.</summary>
    /// <param name="reference">The path inside the braces, as written, such as <c>task.fetch.output.items[0].id</c>.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False when the scope does not know the reference.</returns>
    bool TryResolve(string reference, out JsonElement value);
}
