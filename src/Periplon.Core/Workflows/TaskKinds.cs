using System.Text.Json;

namespace Periplon.Core.Workflows;

/// <summary>Interpreter of a script.</summary>
public enum ScriptLanguage
{
    /// <summary><c>python3</c>.</summary>
    Python,
    /// <summary><c>node</c>.</summary>
    Javascript,
    /// <summary><c>bash</c>.</summary>
    Bash,
    /// <summary><c>ruby</c>.</summary>
    Ruby,
    /// <summary><c>perl</c>.</summary>
    Perl,
    /// <summary><c>dotnet run FILE.cs</c>.</summary>
    Csharp,
}

/// <summary>A script task (reference §5.2).</summary>
public sealed record ScriptDefinition
{
    /// <summary>Interpreter.</summary>
    public required ScriptLanguage Language { get; init; }

    /// <summary>Source text; wins over <see cref="File"/>.</summary>
    public string? Content { get; init; }

    /// <summary>Path of the source, read when the task runs.</summary>
    public string? File { get; init; }

    /// <summary>Working directory. Default: a directory of the attempt's own.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Environment variables; values may hold references.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = Map<string>.Empty;

    /// <summary>Longest time of one attempt, in seconds.</summary>
    public double? TimeoutSecs { get; init; }
}

/// <summary>A command task (reference §5.3).</summary>
public sealed record CommandDefinition
{
    /// <summary>Program, found on PATH or by path; no shell is involved.</summary>
    public required string Executable { get; init; }

    /// <summary>Arguments, each passed as it is.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Working directory. Default: a directory of the attempt's own.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Environment variables; values may hold references.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = Map<string>.Empty;

    /// <summary>Longest time of one attempt, in seconds.</summary>
    public double? TimeoutSecs { get; init; }

    /// <summary>Whether standard output belongs to the task's output. Default: true.</summary>
    public bool CaptureStdout { get; init; } = true;

    /// <summary>Whether standard error belongs to the task's output. Default: true.</summary>
    public bool CaptureStderr { get; init; } = true;
}

/// <summary>Provider of a language model.</summary>
public enum ModelProvider
{
    /// <summary>Claude, through its agent.</summary>
    Claude,
    /// <summary>Codex, through its agent.</summary>
    Codex,
    /// <summary>A local Ollama server.</summary>
    Ollama,
    /// <summary>The OpenAI API or one like it.</summary>
    Openai,
    /// <summary>The Anthropic API.</summary>
    Anthropic,
    /// <summary>The Gemini API.</summary>
    Google,
    /// <summary>Answers with the prompt; for tests and demonstrations.</summary>
    Echo,
    /// <summary>Answers from a file; for tests.</summary>
    Script,
}

/// <summary>An <c>llm</c> task: one call of a model (reference §5.4).</summary>
public sealed record LlmDefinition
{
    /// <summary>Provider.</summary>
    public required ModelProvider Provider { get; init; }

    /// <summary>Model name.</summary>
    public string Model { get; init; } = "";

    /// <summary>User prompt; may hold references.</summary>
    public required string Prompt { get; init; }

    /// <summary>System prompt; may hold references.</summary>
    public string? SystemPrompt { get; init; }

    /// <summary>Base URL of the API.</summary>
    public string? Endpoint { get; init; }

    /// <summary>API key; may be a secret reference.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Sampling temperature.</summary>
    public double? Temperature { get; init; }

    /// <summary>Nucleus sampling bound.</summary>
    public double? TopP { get; init; }

    /// <summary>Sampling among the k likeliest.</summary>
    public int? TopK { get; init; }

    /// <summary>Most tokens of the answer.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Texts that end the answer.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Longest time of one call, in seconds. Default: 300.</summary>
    public double? TimeoutSecs { get; init; }

    /// <summary>Values merged into the request body.</summary>
    public IReadOnlyDictionary<string, JsonElement> ExtraParams { get; init; } = Map<JsonElement>.Empty;

    /// <summary>Whether the answer is streamed to the log. Default: false.</summary>
    public bool Stream { get; init; }
}

/// <summary>Method of an HTTP request.</summary>
public enum HttpVerb
{
    /// <summary>GET.</summary>
    Get,
    /// <summary>POST.</summary>
    Post,
    /// <summary>PUT.</summary>
    Put,
    /// <summary>PATCH.</summary>
    Patch,
    /// <summary>DELETE.</summary>
    Delete,
    /// <summary>HEAD.</summary>
    Head,
    /// <summary>OPTIONS.</summary>
    Options,
}

/// <summary>An HTTP task (reference §5.5).</summary>
public sealed record HttpDefinition
{
    /// <summary>Method.</summary>
    public required HttpVerb Method { get; init; }

    /// <summary>Address; may hold references.</summary>
    public required string Url { get; init; }

    /// <summary>Request headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = Map<string>.Empty;

    /// <summary>Request body.</summary>
    public string? Body { get; init; }

    /// <summary>Authentication.</summary>
    public HttpAuth? Auth { get; init; }

    /// <summary>Longest time of one attempt, in seconds.</summary>
    public double? TimeoutSecs { get; init; }

    /// <summary>Whether redirects are followed. Default: true.</summary>
    public bool FollowRedirects { get; init; } = true;

    /// <summary>Whether the server's certificate is checked. Default: true.</summary>
    public bool VerifyTls { get; init; } = true;
}

/// <summary>Authentication of an HTTP request.</summary>
public abstract record HttpAuth
{
    private HttpAuth() { }

    /// <summary><c>Authorization: Bearer …</c>.</summary>
    /// <param name="Token">The token.</param>
    public sealed record Bearer(string Token) : HttpAuth;

    /// <summary><c>Authorization: Basic …</c>.</summary>
    /// <param name="Username">User name.</param>
    /// <param name="Password">Password.</param>
    public sealed record Basic(string Username, string Password) : HttpAuth;

    /// <summary>A key in a header of its own.</summary>
    /// <param name="Header">Header name.</param>
    /// <param name="Key">The key.</param>
    public sealed record ApiKey(string Header, string Key) : HttpAuth;

    /// <summary>Any headers.</summary>
    /// <param name="Headers">Header values by name.</param>
    public sealed record Custom(IReadOnlyDictionary<string, string> Headers) : HttpAuth;
}

/// <summary>An MCP tool call (reference §5.6).</summary>
public sealed record McpToolDefinition
{
    /// <summary>Id in <c>mcp_servers</c>.</summary>
    public required string Server { get; init; }

    /// <summary>Tool name.</summary>
    public required string Tool { get; init; }

    /// <summary>Arguments by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Parameters { get; init; } = Map<JsonElement>.Empty;

    /// <summary>Longest time of one attempt, in seconds.</summary>
    public double? TimeoutSecs { get; init; }
}
