namespace Periplon.Configuration;

/// <summary>One mistake in the configuration.</summary>
/// <param name="Path">Path of the key, such as <c>server.port</c>, or the name of the variable; empty for the file as a whole.</param>
/// <param name="Message">What was found and what is allowed.</param>
internal sealed record ConfigProblem(string Path, string Message)
{
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}

/// <summary>Where the value of a setting came from.</summary>
/// <param name="Kind"><c>default</c>, <c>file</c>, <c>env</c> or <c>argument</c>.</param>
/// <param name="Name">File, variable or option; null for defaults.</param>
internal sealed record ConfigOrigin(string Kind, string? Name)
{
    public static ConfigOrigin Default { get; } = new("default", null);

    public override string ToString() => Name is null ? Kind : $"{Kind}:{Name}";
}

/// <summary>What was read: a configuration, or every mistake that prevents one.</summary>
internal sealed record ConfigResult(
    PeriplonConfig? Config, IReadOnlyList<ConfigProblem> Problems, IReadOnlyDictionary<string, ConfigOrigin> Origins, string? File)
{
    /// <summary>The origin of a setting.</summary>
    public ConfigOrigin OriginOf(string path) => Origins.GetValueOrDefault(path, ConfigOrigin.Default);
}

/// <summary>What a configuration is read from.</summary>
internal sealed record ConfigSources
{
    public const string DefaultFile = "orleans.config.json";

    /// <summary>
    /// File given by <c>--config</c>; null means <see cref="DefaultFile"/> in <see cref="Directory"/>, when there is one.
    /// </summary>
    public string? File { get; init; }

    public required string Directory { get; init; }
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>Settings given as options of the command line, by path; they win over everything.</summary>
    public IReadOnlyList<ConfigArgument> Arguments { get; init; } = [];
}

/// <summary>A setting given as an option.</summary>
internal sealed record ConfigArgument(string Path, string Value, string Option);
