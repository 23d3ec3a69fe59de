namespace Periplon.Core.Executions;

/// <summary>How an output text reads where it is referred to.</summary>
public static class OutputText
{
    /// <summary>
    /// The text without the line breaks at its end, as a shell's <c>$(…)</c> gives it: programs end what they print with one, and nobody
    /// wants it in the middle of a sentence. What is stored and shown keeps it.
    /// </summary>
    /// <param name="output">The output.</param>
    public static string Referenced(TaskOutput output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Referenced(output.Text);
    }

    /// <inheritdoc cref="Referenced(TaskOutput)"/>
    /// <param name="text">The text; null is empty.</param>
    public static string Referenced(string? text) => text?.TrimEnd('\r', '\n') ?? "";
}
