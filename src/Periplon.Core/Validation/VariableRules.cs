using Periplon.Core.Conditions;
using Periplon.Core.Templates;
using Periplon.Core.Yaml;

namespace Periplon.Core.Validation;

/// <summary>References in texts.</summary>
internal sealed class VariableRules
{
    private readonly ValidationContext _context;
    private readonly KnownNames _names;

    // Of its own, so that a large file does not push the expressions of running workflows out of the shared one's memory.
    private readonly ExpressionEvaluator _expressions = new(new ExpressionLimits());

    private VariableRules(ValidationContext context)
    {
        _context = context;
        _names = new KnownNames(context);
    }

    internal static void Check(ValidationContext context)
    {
        var rules = new VariableRules(context);
        foreach (var text in ReferenceTexts.Of(context))
        {
            rules.CheckText(text);
        }
    }

    private void CheckText(ReferenceText text)
    {
        // Scripts and commands have braces of their own: what is not known there stays as it is (design §8.3).
        var isShell = text.Use is TextUse.Shell;
        var references = text.Use switch
        {
            TextUse.Expression => ReadExpression(text),
            TextUse.Shell => Template.Parse(text.Text).LenientReferences,
            _ => Template.Parse(text.Text).References,
        };
        foreach (var written in references)
        {
            if (ReferencePath.TryParse(written, out var reference))
            {
                CheckReference(text, reference, isShell);
            }
        }
    }

    private IReadOnlyList<string> ReadExpression(ReferenceText text)
    {
        if (_expressions.FindProblem(text.Text) is not { } problem)
        {
            return _expressions.ListReferences(text.Text);
        }

        _context.Report.Error(
            ValidationCodes.ExpressionInvalid,
            text.Path,
            problem,
            "Write a JavaScript expression, such as task.build.status === 'completed'.");
        return [];
    }

    private void CheckReference(ReferenceText text, ReferencePath reference, bool isShell)
    {
        if (!reference.IsQualified)
        {
            if (!isShell && !_names.IsKnown(reference.Root, text.Node))
            {
                _context.Report.Warning(
                    ValidationCodes.NameUnknown,
                    text.Path,
                    $"The reference '{reference.Text}' is not known in any scope.",
                    _context.Names.Find(reference.Root, _names.InScope("workflow", text.Node)) is { } near
                        ? $"Did you mean 'workflow.{near}'?"
                        : "Declare an input of that name, or write \\${…} for the braces themselves.");
            }
        }
        else if (ScopeNames.Contains(reference.Root))
        {
            CheckScoped(text, reference);
        }
        else if (!isShell && !_names.IsKnown(reference.Root, text.Node))
        {
            ReportScope(text, reference);
        }
    }

    private void CheckScoped(ReferenceText text, ReferencePath reference)
    {
        if (_names.IsKnown(reference, text.Node) || (text.Use is TextUse.Credential && reference.Root == "secret"))
        {
            return;
        }

        var name = reference.Segments[1].Name ?? "";
        var hint = reference.Root == "task" && _names.NamesTask(reference, text.Node)
            ? $"A task has output, outputs.NAME, status, error and exit_code: ${{task.{name}.output}}."
            : _context.Names.Find(name, _names.InScope(reference.Root, text.Node)) is { } near
                ? $"Did you mean '{near}'?"
                : $"Declare '{name}', or correct the reference.";
        _context.Report.Warning(
            ValidationCodes.VariableUnknown,
            text.Path,
            $"The reference '{reference.Text}' names nothing that '{reference.Root}' has here.",
            hint);
    }

    private void ReportScope(ReferenceText text, ReferencePath reference)
    {
        // The reference refuses unknown scopes in few texts and looks at ${a.b} only; those stay errors. Everywhere else such a
        // file has always loaded, and it is a warning (design §8.3).
        var isError = text.Use is TextUse.Prompt
            && reference.Segments is [_, { IsIndex: false }]
            && text.Text.Contains($"${{{reference.Text}}}", StringComparison.Ordinal);
        _context.Report.Add(
            isError ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
            ValidationCodes.ScopeUnknown,
            text.Path,
            $"The reference '{reference.Text}' has the scope '{reference.Root}', which does not exist.",
            _context.Names.Find(
                reference.Root, ScopeNames.All) is { } near ? $"Did you mean '{near}'?" : $"Scopes: {string.Join(", ", ScopeNames.All)}.");
    }
}
