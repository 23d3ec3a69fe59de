namespace Periplon.Core.Workflows;

/// <summary>Acceptance criteria of a task (reference §9).</summary>
public sealed record DefinitionOfDone
{
    /// <summary>Criteria, all of which must hold.</summary>
    public IReadOnlyList<DoneCriterion> Criteria { get; init; } = [];
    /// <summary>Extra attempts when they do not. Default: 3.</summary>
    public int MaxRetries { get; init; } = 3;
    /// <summary>Whether the task fails when they still do not. Default: true.</summary>
    public bool FailOnUnmet { get; init; } = true;
    /// <summary>Whether an agent gets more permissions for the extra attempts. Default: false.</summary>
    public bool AutoElevatePermissions { get; init; }
}

/// <summary>One acceptance criterion.</summary>
/// <param name="Description">What must be true, in words.</param>
public abstract record DoneCriterion(string Description)
{
    /// <summary>A file or directory exists.</summary>
    /// <param name="Path">Its path.</param>
    /// <param name="Description">What must be true, in words.</param>
    public sealed record FileExists(string Path, string Description) : DoneCriterion(Description);

    /// <summary>A directory exists.</summary>
    /// <param name="Path">Its path.</param>
    /// <param name="Description">What must be true, in words.</param>
    public sealed record DirectoryExists(string Path, string Description) : DoneCriterion(Description);

    /// <summary>A file matches a regular expression.</summary>
    /// <param name="Path">Its path.</param>
    /// <param name="Pattern">The expression, or plain text when it is none.</param>
    /// <param name="Description">What must be true, in words.</param>
    public sealed record FileContains(string Path, string Pattern, string Description) : DoneCriterion(Description);

    /// <summary>A file does not match a regular expression.</summary>
    /// <param name="Path">Its path.</param>
    /// <param name="Pattern">The expression, or plain text when it is none.</param>
    /// <param name="Description">What must be true, in words.</param>
    public sealed record FileNotContains(string Path, string Pattern, string Description) : DoneCriterion(Description);

    /// <summary>A command ends with exit code 0.</summary>
    /// <param name="Command">The program.</param>
    /// <param name="Args">Its arguments.</param>
    /// <param name="WorkingDir">Its directory.</param>
    /// <param name="Description">What must be true, in words.</param>
    public sealed record CommandSucceeds(string Command, IReadOnlyList<string> Args, string? WorkingDir, string Description)
        : DoneCriterion(Description);

    /// <summary>A test command ends with exit code 0.</summary>
    /// <param name="Command">The program.</param>
    /// <param name="Args">Its arguments.</param>
    /// <param name="Description">What must be true, in words.</param>
    public sealed record TestsPassed(string Command, IReadOnlyList<string> Args, string Description) : DoneCriterion(Description);

    /// <summary>A text is found in the task's output or in a file.</summary>
    /// <param name="File">The file; none means the task's output.</param>
    /// <param name="Pattern">The text.</param>
    /// <param name="Description">What must be true, in words.</param>
    public sealed record OutputMatches(string? File, string Pattern, string Description) : DoneCriterion(Description);
}
