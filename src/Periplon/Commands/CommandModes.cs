using Periplon.Configuration;
using Periplon.Core.Reuse;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Run;

namespace Periplon.Commands;

/// <summary>
/// The parts behind the commands. They are functions so that a command loads only the assemblies it needs; a command whose part is
/// missing is not offered.
/// </summary>
internal sealed record CommandModes
{
    public Func<PeriplonConfig, ServerArguments, CancellationToken, Task<int>>? Server { get; init; }
    public Func<PeriplonConfig, WorkerArguments, CancellationToken, Task<int>>? Worker { get; init; }
    public Func<ILocalRunner>? LocalRunner { get; init; }

    /// <summary>Parses and validates the text of a workflow.</summary>
    public Func<string, CheckedWorkflow>? Check { get; init; }

    /// <summary>The same together with the files and predefined tasks that the workflow takes from outside.</summary>
    public ResolveWorkflow? Resolve { get; init; }

    /// <summary>The JSON Schema of the language; the flag refuses keys that the parser only warns of.</summary>
    public Func<bool, string>? Schema { get; init; }

    /// <summary>Migrations of the configured database; the directory is the one that relative paths begin at.</summary>
    public Func<PeriplonConfig, string, IMigrations>? Migrations { get; init; }

    /// <summary>Examines the configured database; null when a server has it to itself.</summary>
    public Func<PeriplonConfig, DoctorArguments, CancellationToken, Task<Api.Server.DoctorObject?>>? Doctor { get; init; }
}

/// <summary>Reads a workflow with all that it takes from outside its file.</summary>
/// <param name="shell">Its working directory and variables say where predefined tasks are found.</param>
/// <param name="text">The workflow.</param>
/// <param name="file">Path of its file, which other files are looked for beside.</param>
/// <param name="cancellationToken">Ends the reading.</param>
internal delegate Task<CheckedWorkflow> ResolveWorkflow(CommandShell shell, string text, string file, CancellationToken cancellationToken);

/// <summary>What <c>server</c> was told beyond the configuration, which its options have already changed.</summary>
/// <param name="Directory">The directory that relative paths of the configuration begin at.</param>
/// <param name="Dev">Whether the API needs no sign-in; only on a loopback address.</param>
internal sealed record ServerArguments(string Directory, bool Dev);

/// <summary>What <c>worker</c> was told beyond the configuration.</summary>
/// <param name="Directory">The directory that relative paths of the configuration begin at.</param>
/// <param name="Id">Name of the worker in lists and logs; null takes the host's name.</param>
internal sealed record WorkerArguments(string Directory, string? Id);

/// <summary>A workflow's text after parser and validator.</summary>
internal sealed record CheckedWorkflow(WorkflowDefinition? Workflow, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>The texts from outside its file that the workflow is made of.</summary>
    public WorkflowResources Resources { get; init; } = WorkflowResources.None;

    public bool IsValid => Workflow is not null && Diagnostics.All(each => each.Severity != DiagnosticSeverity.Error);
}

/// <summary>The migrations of a database.</summary>
internal interface IMigrations : IAsyncDisposable
{
    Task<IReadOnlyList<MigrationLine>> StatusAsync(CancellationToken cancellationToken);

    /// <summary>Applies what is pending; returns what was applied.</summary>
    Task<IReadOnlyList<MigrationLine>> UpAsync(CancellationToken cancellationToken);

    /// <summary>Reverts the newest ones; returns what was reverted.</summary>
    Task<IReadOnlyList<MigrationLine>> DownAsync(int steps, CancellationToken cancellationToken);
}

/// <summary>One migration; the state is <c>applied</c>, <c>pending</c>, <c>changed</c> or <c>unknown</c>.</summary>
internal sealed record MigrationLine(int Number, string Name, string State, DateTimeOffset? AppliedAt);
