using Periplon.Core.Names;

namespace Periplon.Core.Templates;

/// <summary>A reference in a text could not be resolved.</summary>
public sealed class TemplateException : Exception
{
    private const int MaxListed = 10;

    /// <summary>Makes the exception.</summary>
    /// <param name="reference">The reference as written, such as <c>${task.build.output}</c>.</param>
    /// <param name="message">What was found and what is allowed.</param>
    public TemplateException(string reference, string message)
        : base(message) => Reference = reference;

    /// <summary>The reference as written.</summary>
    public string Reference { get; }

    internal static TemplateException Unknown(string path, string written, ITemplateScope scope)
    {
        var alternatives = scope.ListAlternatives(path);
        var known = alternatives.Count == 0
            ? $"References start with one of {string.Join(", ", ScopeNames.All)}."
            : $"{NearestName.Suggest(path, alternatives)}Known here: {string.Join(", ", alternatives.Take(MaxListed))}"
                + (alternatives.Count > MaxListed ? ", …" : ".");
        return new TemplateException(written, $"The reference '{path}' has no value. {known}");
    }
}
