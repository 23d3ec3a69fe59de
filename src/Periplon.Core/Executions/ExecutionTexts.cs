using Periplon.Core.Inputs;
using Periplon.Core.Templates;

namespace Periplon.Core.Executions;

/// <summary>Texts of a workflow as people see them.</summary>
public static class ExecutionTexts
{
    /// <summary>A text with its references filled in and the values of secret inputs masked.</summary>
    /// <param name="state">The execution.</param>
    /// <param name="task">The task whose text it is.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="TemplateException">A reference cannot be filled in.</exception>
    public static string Render(ExecutionState state, TaskInstance task, string text)
    {
        ArgumentNullException.ThrowIfNull(state);
        var rendered = Template.Parse(text).Render(new ExecutionScope(state, task), lenient: false);
        var secrets = SecretTexts.Of(state.Created.Inputs, state.Created.SecretInputs);
        return secrets?.Mask(ExecutionConstants.Text(rendered)).GetString() ?? rendered;
    }
}
