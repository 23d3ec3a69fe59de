using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;

namespace Periplon.Core.Yaml.Language;

/// <summary>Subflows (reference §12).</summary>
internal static class SubflowLanguage
{
    private static readonly Shape<SubflowSource> Source = new UnionShape<SubflowSource>("SubflowSource", "type",
        ("file", f => new SubflowSource.File(f.Required("path", Scalars.Text, "Path, relative to this file."))),
        ("git", f => new SubflowSource.Git(
            f.Required("url", Scalars.Text, "Repository."),
            f.Required("path", Scalars.Text, "Path inside it."),
            f.Text("reference", "Branch, tag or commit."))),
        ("http", f => new SubflowSource.Http(
            f.Required("url", Scalars.Text, "Address."),
            f.Text("checksum", "sha256: and hexadecimal digits."))));

    internal static readonly Shape<SubflowDefinition> Subflow = new StructShape<SubflowDefinition>("Subflow", f => new SubflowDefinition
    {
        Id = f.Key,
        Description = f.Text("description", "What it does."),
        Source = f.Optional("source", Source, "Where the definition is; none means inline."),
        Agents = f.Map("agents", AgentLanguage.Agent, "Agents of an inline definition."),
        Tasks = f.Map("tasks", TaskLanguage.Task, "Tasks of an inline definition."),
        Inputs = f.Map("inputs", ValueLanguage.Input, "Declared inputs."),
        Outputs = f.Map("outputs", ValueLanguage.Output, "Declared outputs."),
    });
}
