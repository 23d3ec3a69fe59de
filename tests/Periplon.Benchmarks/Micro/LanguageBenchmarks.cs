using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Periplon.Core.Reuse;
using Periplon.Core.Templates;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Benchmarks.Micro;

/// <summary>From the text of a large file to a plan, and references to their values.</summary>
public class LanguageBenchmarks
{
    private readonly Scope _scope = new();
    private readonly string _text = SampleWorkflow.Text;

    private readonly Template _template = Template.Parse(
        "Orders of ${workflow.region} from ${workflow.server}: ${task.fetch.outputs.count}, the last ${task.fetch.output}");

    /// <summary>Refuses a sample that is not valid: its figures would mean nothing.</summary>
    [GlobalSetup]
    public void Check()
    {
        var bundle = WorkflowBundle.Read(_text, WorkflowResources.None);
        if (bundle.Diagnostics.Any(found => found.Severity is DiagnosticSeverity.Error))
        {
            throw new InvalidOperationException(string.Join('\n', bundle.Diagnostics));
        }
    }

    /// <summary>YAML to a definition.</summary>
    [Benchmark]
    public object? Parse() => WorkflowParser.Parse(_text).Workflow;

    /// <summary>Everything that <c>periplon validate</c> does with a file.</summary>
    [Benchmark]
    public int ParseAndValidate() => WorkflowBundle.Read(_text, WorkflowResources.None).Diagnostics.Count;

    /// <summary>Four references in a text.</summary>
    [Benchmark]
    public string Interpolate() => _template.Render(_scope, lenient: false);

    private sealed class Scope : ITemplateScope
    {
        private readonly Dictionary<string, JsonElement> _values = new()
        {
            ["workflow.region"] = JsonElement.Parse("\"north\""),
            ["workflow.server"] = JsonElement.Parse("\"http://127.0.0.1:8080\""),
            ["task.fetch.outputs.count"] = JsonElement.Parse("17"),
            ["task.fetch.output"] = JsonElement.Parse("\"order 4711\""),
        };

        public bool TryResolve(string reference, out JsonElement value) => _values.TryGetValue(reference, out value);
    }
}
