using Periplon.Client.Workflows;
using Periplon.Core.Inputs;
using Periplon.Core.Yaml;

namespace Periplon.Engine.Workflows;

/// <summary>Findings as they go between silos.</summary>
internal static class WorkflowProblems
{
    public static Problem Of(Diagnostic diagnostic) => new()
    {
        Code = diagnostic.Code, Severity = diagnostic.Severity.ToString().ToLowerInvariant(), Path = diagnostic.Path,
        Message = diagnostic.Message, Line = diagnostic.Line, Column = diagnostic.Column, Hint = diagnostic.Hint,
        File = diagnostic.File,
    };

    public static Problem Of(InputProblem problem) =>
        new() { Code = "input", Severity = "error", Path = problem.Path, Message = problem.Message };

    public static Problem Of(string path, string message) =>
        new() { Code = "retry", Severity = "error", Path = path, Message = message };
}
