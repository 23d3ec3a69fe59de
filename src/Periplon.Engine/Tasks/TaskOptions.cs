using System.ComponentModel.DataAnnotations;
using Periplon.Core.Models;

namespace Periplon.Engine.Tasks;

/// <summary>How a worker runs attempts.</summary>
internal sealed class TaskOptions
{
    /// <summary>Directory below which every execution gets a directory of its own. Default: <c>data/work</c>.</summary>
    [Required]
    public string WorkRoot { get; set; } = Path.Combine("data", "work");

    /// <summary>
    /// Largest output text the journal keeps, in bytes; the whole of a larger one goes to the artifact store. Default: 64 KiB.
    /// </summary>
    [Range(1024, 1024 * 1024)]
    public int InlineOutputBytes { get; set; } = 64 * 1024;

    /// <summary>Largest output kept at all, in bytes; the rest is dropped, and the log says so. Default: 64 MiB.</summary>
    [Range(64 * 1024, long.MaxValue)]
    public long MaxSpillBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Longest log line, in bytes; a longer one is logged in pieces. Default: 64 KiB.</summary>
    [Range(256, 1024 * 1024)]
    public int MaxLineBytes { get; set; } = 64 * 1024;

    /// <summary>Most lines of one attempt that are logged. Default: 100,000.</summary>
    [Range(1, int.MaxValue)]
    public int MaxLogLines { get; set; } = 100_000;

    /// <summary>Most bytes of one attempt that are logged. Default: 16 MiB.</summary>
    [Range(1024, long.MaxValue)]
    public long MaxLogBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Largest named output or state value, in bytes of JSON. Default: 64 KiB.</summary>
    [Range(1024, 1024 * 1024)]
    public int MaxValueBytes { get; set; } = 64 * 1024;

    /// <summary>How long a process group may take to end after SIGTERM, before SIGKILL. Default: 5 seconds.</summary>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Fires when nothing gets a grace any more: what is to end is killed at once. Default: never.</summary>
    public CancellationToken Abort { get; set; }

    /// <summary>
    /// How long what a finished process left behind may take to end, and how long its pipes are waited for. Default: 1 second.
    /// </summary>
    public TimeSpan LeftoverGrace { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Variables of the worker that processes inherit; a trailing <c>*</c> stands for any end of the name.</summary>
    public IList<string> PassEnvironment { get; set; } = ["PATH", "HOME", "LANG", "LC_*", "TZ", "TMPDIR"];

    /// <summary>Variables of the worker that every workflow may read as <c>${env.NAME}</c>. Default: none.</summary>
    public IList<string> ReadableEnvironment { get; set; } = [];

    /// <summary>Variables of the worker that no workflow may declare as a secret; a trailing <c>*</c> stands for any end.</summary>
    public IList<string> ForbiddenSecretVariables { get; set; } = ["PERIPLON__*", "DATABASE_URL"];

    /// <summary>Whether HTTP tasks may reach loopback and private addresses. Default: true.</summary>
    public bool AllowPrivateNetworks { get; set; } = true;

    /// <summary>Time limit of an HTTP request that names none. Default: 5 minutes.</summary>
    public TimeSpan HttpTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Most redirects an HTTP request follows. Default: 10.</summary>
    [Range(0, 100)]
    public int MaxRedirects { get; set; } = 10;

    /// <summary>Time limit of a model call that names none (reference §5.4). Default: 5 minutes.</summary>
    public TimeSpan ModelTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time limit of an agent's turn where the task names none. Default: 1 hour.</summary>
    public TimeSpan AgentTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Answers for every prompt, whatever its provider; null asks the providers. Default: null.</summary>
    public ModelScript? ModelScript { get; set; }

    /// <summary>Time limit of a command that checks a definition of done. Default: 5 minutes.</summary>
    public TimeSpan DoneCommandTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether notifications on the console may hold colours, because a person reads them. Default: false.</summary>
    public bool ColoredConsole { get; set; }

    /// <summary>The directory of an execution.</summary>
    internal string DirectoryOf(Guid executionId) => Path.Combine(Path.GetFullPath(WorkRoot), executionId.ToString());
}
