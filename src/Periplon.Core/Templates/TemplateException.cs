namespace Periplon.Core.Templates;

/// <summary>A reference in a text could not be resolved.</summary>
public sealed class TemplateException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="reference">The reference as written, such as <c>${task.build.output}</c>.</param>
    /// <param name="message">What was found and what is allowed.</param>
    public TemplateException(string reference, string message)
        : base(message) => Reference = reference;

    /// <summary>The reference as written.</summary>
    public string Reference { get; }
}
