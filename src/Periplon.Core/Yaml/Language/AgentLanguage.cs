using System.Text.Json;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>Agents and what they may use (reference §3, §15).</summary>
internal static class AgentLanguage
{
    internal static readonly Shape<PermissionsDefinition> Permissions = new ByKindShape<PermissionsDefinition>(
        Scalars.Text.As(mode => new PermissionsDefinition(mode)),
        null,
        new StructShape<PermissionsDefinition>("Permissions", f => new PermissionsDefinition(
            f.Or("mode", Scalars.Text, "default", "default, acceptEdits, plan or bypassPermissions."),
            f.List("allowed_directories", Scalars.Text, "Directories beside the working directory."),
            f.OptionalValue("max_turns", Scalars.Count, "Most turns of one task."))));

    internal static readonly Shape<AgentDefinition> Agent = new StructShape<AgentDefinition>("Agent", f => new AgentDefinition
    {
        Id = f.Key,
        Description = f.Required("description", Scalars.Text, "What the agent is for; part of its system prompt."),
        Provider = f.OptionalValue("provider", ModelLanguage.Provider, "Provider; none means the workflow's."),
        Model = f.Text("model", "Model; none means the workflow's."),
        SystemPrompt = f.Text("system_prompt", "System prompt; may hold references."),
        Cwd = f.Text("cwd", "Working directory; none means the workflow's."),
        CreateCwd = f.OptionalValue("create_cwd", Scalars.Bool, "Whether the directory is created when missing."),
        Inputs = f.Map("inputs", ValueLanguage.Input, "Declared inputs."),
        Outputs = f.Map("outputs", ValueLanguage.Output, "Declared outputs."),
        Tools = f.List("tools", Scalars.Text, "Names of tools the agent may use."),
        Permissions = f.Or("permissions", Permissions, new PermissionsDefinition(), "What the agent may do."),
        MaxTurns = f.OptionalValue("max_turns", Scalars.Count, "Most turns of one task."),
    });

    private static readonly Shape<ToolConstraints> Constraints =
        new StructShape<ToolConstraints>("ToolConstraints", f => new ToolConstraints
    {
        Timeout = f.OptionalValue("timeout", Scalars.Size, "Longest time of a call, in milliseconds."),
        AllowedCommands = f.List("allowed_commands", Scalars.Text, "Commands that may be run."),
        MaxFileSize = f.OptionalValue("max_file_size", Scalars.Size, "Largest file, in bytes."),
        AllowedExtensions = f.List("allowed_extensions", Scalars.Text, "File extensions that may be touched."),
        RateLimit = f.OptionalValue("rate_limit", Scalars.Count, "Calls per minute."),
    });

    internal static readonly Shape<ToolsDefinition> Tools = new StructShape<ToolsDefinition>("Tools", f => new ToolsDefinition
    {
        Allowed = f.List("allowed", Scalars.Text, "Allowed tools; empty means all."),
        Disallowed = f.List("disallowed", Scalars.Text, "Forbidden tools."),
        Constraints = f.Map("constraints", Constraints, "Bounds by tool."),
    });

    private static readonly Shape<ChannelDefinition> Channel =
        new StructShape<ChannelDefinition>("AgentChannel", f => new ChannelDefinition(
        f.Required("description", Scalars.Text, "What the channel is for."),
        f.Required("participants", new ListShape<string>(Scalars.Text), "Agent ids."),
        f.Required("message_format", Scalars.Text, "Form of the messages.")));

    private static readonly Shape<JsonElement> MessageType = new StructShape<JsonElement>("MessageType", f =>
        f.Required("schema", JsonShape.Any, "JSON schema of the messages."));

    internal static readonly Shape<CommunicationDefinition> Communication = new StructShape<CommunicationDefinition>("Communication", f =>
        new CommunicationDefinition
        {
            Channels = f.Map("channels", Channel, "Channels by name."),
            MessageTypes = f.Map("message_types", MessageType, "JSON schemas by message type."),
        });

    internal static readonly Shape<McpServerDefinition> McpServer =
        new StructShape<McpServerDefinition>("McpServer", f => new McpServerDefinition
    {
        Type = f.Required("type", Scalars.Text, "Transport: stdio, http or sse."),
        Command = f.Text("command", "Program of a stdio server."),
        Args = f.List("args", Scalars.Text, "Its arguments."),
        Env = f.Map("env", Scalars.Text, "Its environment."),
        Url = f.Text("url", "Address of a remote server."),
        Headers = f.Map("headers", Scalars.Text, "Request headers for it."),
    });
}
