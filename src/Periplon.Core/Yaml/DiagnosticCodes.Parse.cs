namespace Periplon.Core.Yaml;

/// <summary>The stable codes of all diagnostics. PPL001 to PPL099 come from the parser.</summary>
public static partial class DiagnosticCodes
{
    /// <summary>The text is neither YAML nor JSON.</summary>
    public const string Syntax = "PPL001";

    /// <summary>The file holds more than one document.</summary>
    public const string SeveralDocuments = "PPL002";

    /// <summary>The file is empty, or its root is not a mapping.</summary>
    public const string RootNotMapping = "PPL003";

    /// <summary>Values are nested too deeply.</summary>
    public const string TooDeep = "PPL004";

    /// <summary>An alias names an anchor that is not defined above it.</summary>
    public const string UnknownAlias = "PPL005";

    /// <summary>Aliases make the document grow beyond the bound.</summary>
    public const string AliasesTooLarge = "PPL006";

    /// <summary>A merge key (<c>&lt;&lt;</c>) does not hold a mapping or a list of mappings.</summary>
    public const string BadMerge = "PPL007";

    /// <summary>A key is not text, or too long.</summary>
    public const string BadKey = "PPL008";

    /// <summary>A field or id is given twice.</summary>
    public const string DuplicateField = "PPL009";

    /// <summary>A key of a free map is given twice; the last value counts (warning).</summary>
    public const string DuplicateKey = "PPL010";

    /// <summary>A required field is missing or has no value.</summary>
    public const string MissingField = "PPL011";

    /// <summary>A value has the wrong type.</summary>
    public const string WrongType = "PPL012";

    /// <summary>A value is none of the allowed words.</summary>
    public const string NotAllowed = "PPL013";

    /// <summary>A number is too small or too large.</summary>
    public const string OutOfRange = "PPL014";

    /// <summary>A key is not part of the language (warning).</summary>
    public const string UnknownKey = "PPL015";

    /// <summary>Two spellings of one field are given.</summary>
    public const string TwoSpellings = "PPL016";

    /// <summary>A script names no language; it is inferred (warning).</summary>
    public const string LanguageInferred = "PPL017";

    /// <summary>A file collection names no format; it is inferred from the extension (warning).</summary>
    public const string FormatInferred = "PPL018";

    /// <summary>An agent task has no description, so its agent would have no prompt.</summary>
    public const string AgentWithoutDescription = "PPL019";

    /// <summary>A YAML tag that the language does not know is ignored (warning).</summary>
    public const string UnknownTag = "PPL020";

    /// <summary>A text is not a duration.</summary>
    public const string BadDuration = "PPL021";

    /// <summary>Of several fields exactly one must be given.</summary>
    public const string ExactlyOne = "PPL022";

    /// <summary>There are more problems than are listed.</summary>
    public const string TooManyProblems = "PPL023";

    /// <summary>The text is longer than the parser takes.</summary>
    public const string TooLong = "PPL024";
}
