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

    /// <summary>
    /// Lists references that could have been meant in place of an unknown one, such as the inputs of the workflow for
    /// <c>workflow.nmae</c>; they go into the error message. Default: none.
    /// </summary>
    /// <param name="reference">The unknown reference.</param>
    IReadOnlyList<string> ListAlternatives(string reference) => [];
}
