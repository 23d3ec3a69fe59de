using System.Text.Json;

namespace Periplon.Core.Inputs;

/// <summary>Something wrong with a supplied input.</summary>
/// <param name="Path">Where, such as <c>inputs.count</c>.</param>
/// <param name="Message">The input, what was found and what is allowed. Values of secrets are never in it.</param>
public sealed record InputProblem(string Path, string Message);

/// <summary>The values of declared inputs, and every problem with what was supplied.</summary>
/// <param name="Values">Values by name, defaults filled in, in the order of declaration; inputs with a problem are left out.</param>
/// <param name="Problems">Every problem; empty when the values may be used.</param>
public sealed record InputBinding(IReadOnlyDictionary<string, JsonElement> Values, IReadOnlyList<InputProblem> Problems)
{
    /// <summary>Whether the values may be used.</summary>
    public bool IsValid => Problems.Count == 0;
}
