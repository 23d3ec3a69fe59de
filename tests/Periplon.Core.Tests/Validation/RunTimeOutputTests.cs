using Periplon.Core.Validation;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Validation;

/// <summary>Programs and models name outputs while they run, so a name that is not declared is no mistake there.</summary>
public sealed class RunTimeOutputTests
{
    [Theory]
    [InlineData("script: {language: bash, content: 'echo ::set-output n=1'}", "task.a.n", true)]
    [InlineData("script: {language: bash, content: 'echo ::set-output n=1'}", "task.a.outputs.n", true)]
    [InlineData("command: {executable: make}", "task.a.n", true)]
    [InlineData("http: {method: GET, url: 'http://localhost/x'}", "task.a.status_code", true)]
    [InlineData("http: {method: GET, url: 'http://localhost/x'}", "task.a.outputs.json.items", true)]
    [InlineData("http: {method: GET, url: 'http://localhost/x'}", "task.a.n", false)]
    [InlineData("llm: {provider: echo, model: echo, prompt: x}", "task.a.n", true)]
    [InlineData("{description: x, agent: w}", "task.a.outputs.n", true)]
    [InlineData("{description: x, agent: w, outputs: {rows: '${task.output}'}}", "task.a.n", false)]
    [InlineData("{script: {language: bash, content: 'true'}, outputs: {rows: '${task.output}'}}", "task.a.n", false)]
    [InlineData("{script: {language: bash, content: 'true'}, outputs: {rows: '${task.output}'}}", "task.a.rows", true)]
    [InlineData("command: {executable: make}", "workflow.name", true)]
    public void Validate_ReferenceToAnOutput_WarnsOnlyWhereNoneCanCome(string task, string reference, bool isKnown)
    {
        var body = task.StartsWith('{') ? task : $"{{{task}}}";
        var text = $"name: t\nversion: '1'\ntasks:\n  a: {body}\n  b:\n    depends_on: [a]\n    llm: {{provider: echo, model: echo, prompt: '${{{reference}}}'}}\n";
        var workflow = WorkflowParser.Parse(text).Workflow.ShouldNotBeNull();
        WorkflowValidator.Validate(workflow).Any(d => d.Code == "PPL204").ShouldBe(!isKnown);
    }
}
