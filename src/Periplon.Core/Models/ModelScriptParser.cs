using Periplon.Core.Workflows;
using Periplon.Core.Yaml;
using Periplon.Core.Yaml.Language;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Models;

/// <summary>Reads scripts of model answers.</summary>
public static class ModelScriptParser
{
    /// <summary>Reads a script from YAML or JSON. Never throws: whatever is wrong is in the result, all of it at once.</summary>
    /// <param name="text">The whole file.</param>
    public static ModelScriptResult Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.StartsWith('\ufeff') ? text[1..] : text;
        var reading = new Reading(text.Length);
        var root = JsonTree.TryRead(text) ?? YamlTree.Read(text, reading);
        if (root is null or not MapNode && !reading.HasErrors)
        {
            reading.Error(
                DiagnosticCodes.RootNotMapping, "A script of answers is a mapping with 'rules' or 'default'.",
                root?.At ?? new SourceLocation(1, 1), "", "Start with 'rules:' and a list of rules.");
        }

        if (reading.HasErrors)
        {
            return new ModelScriptResult(null, reading.Diagnostics);
        }

        var script = ModelScriptLanguage.Script.Read(Cursor.Root(root!, reading, "The script"));
        // Unknown keys are mistakes too: there are no old scripts that would need them forgiven.
        return new ModelScriptResult(reading.Diagnostics.Count > 0 ? null : script, reading.Diagnostics);
    }
}

/// <summary>A script, or what kept it from being read.</summary>
/// <param name="Script">The script; null when there is any finding.</param>
/// <param name="Diagnostics">All findings in the order of the file.</param>
public sealed record ModelScriptResult(ModelScript? Script, IReadOnlyList<Diagnostic> Diagnostics);
