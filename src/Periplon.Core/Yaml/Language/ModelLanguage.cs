using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>Calls of language models and of their tools (reference §5.4, §5.6).</summary>
internal static class ModelLanguage
{
    internal static readonly Shape<ModelProvider> Provider = new ChoiceShape<ModelProvider>(
        ("claude", ModelProvider.Claude), ("codex", ModelProvider.Codex), ("ollama", ModelProvider.Ollama),
        ("openai", ModelProvider.Openai),
        ("anthropic", ModelProvider.Anthropic), ("google", ModelProvider.Google), ("echo", ModelProvider.Echo),
        ("script", ModelProvider.Script));

    internal static readonly Shape<LlmDefinition> Llm = new StructShape<LlmDefinition>("Llm", f => new LlmDefinition
    {
        Provider = f.Required("provider", Provider, "Provider."),
        Model = f.Required("model", Scalars.Text, "Model name."),
        Prompt = f.Required("prompt", Scalars.Text, "User prompt; may hold references."),
        SystemPrompt = f.Text("system_prompt", "System prompt; may hold references."),
        Endpoint = f.Text("endpoint", "Base URL of the API."),
        ApiKey = f.Text("api_key", "API key; may be a secret reference."),
        Temperature = f.OptionalValue("temperature", Scalars.Number, "Sampling temperature."),
        TopP = f.OptionalValue("top_p", Scalars.Number, "Nucleus sampling bound."),
        TopK = f.OptionalValue("top_k", Scalars.Count, "Sampling among the k likeliest."),
        MaxTokens = f.OptionalValue("max_tokens", Scalars.Count, "Most tokens of the answer."),
        Stop = f.List("stop", Scalars.Text, "Texts that end the answer."),
        TimeoutSecs = f.Seconds("timeout_secs", "Longest time of one call, in seconds.", "timeout"),
        ExtraParams = f.Map("extra_params", JsonShape.Any, "Values merged into the request body."),
        Stream = f.Or("stream", Scalars.Bool, false, "Whether the answer is streamed to the log."),
    });

    internal static readonly Shape<McpToolDefinition> McpTool = new StructShape<McpToolDefinition>("McpTool", f => new McpToolDefinition
    {
        Server = f.Required("server", Scalars.Text, "Id in mcp_servers."),
        Tool = f.Required("tool", Scalars.Text, "Tool name."),
        Parameters = f.Map("parameters", JsonShape.Any, "Arguments by name."),
        TimeoutSecs = f.Seconds("timeout_secs", "Longest time of one attempt, in seconds.", "timeout"),
    });
}
