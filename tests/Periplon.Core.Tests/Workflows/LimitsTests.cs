using Periplon.Core.Workflows;
using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Workflows;

public sealed class LimitsTests
{
    [Fact]
    public void Of_TaskAndWorkflow_TakesEachBoundFromTheNearest()
    {
        var workflow = WorkflowParser.Parse("""
            name: n
            version: "1"
            limits: {max_stdout_bytes: 100, truncation_strategy: head, external_storage_dir: out, compress_external: false}
            tasks:
              a:
                command: {executable: echo}
                limits: {max_stdout_bytes: 1048576, max_stderr_bytes: 7, cleanup_strategy: {type: direct_dependencies}}
            """).Workflow!;

        var limits = LimitsDefinition.Of(workflow.Tasks["a"].Limits, workflow.Limits);

        limits.MaxStdoutBytes.ShouldBe(1_048_576, "the task says so, though it is the default");
        limits.MaxStderrBytes.ShouldBe(7);
        limits.MaxCombinedBytes.ShouldBe(1_572_864);
        limits.TruncationStrategy.ShouldBe(TruncationStrategy.Head);
        limits.ExternalStorageDir.ShouldBe("out");
        limits.CompressExternal.ShouldBeFalse();
        limits.CleanupStrategy.Type.ShouldBe("direct_dependencies");
        limits.MaxContextTasks.ShouldBe(10);
    }

    [Fact]
    public void Of_NothingSet_GivesTheDefaults()
    {
        LimitsDefinition.Of(null, null).ShouldBe(new LimitsDefinition());
        LimitsDefinition.Of(null, null).CleanupStrategy.ShouldBe(new CleanupStrategy("most_recent", 20));
        LimitsDefinition.Of(null, null).HasExternalStorageDir().ShouldBeFalse();
    }
}
