namespace Periplon.Tests.Corpus;

/// <summary>One row for each file of the corpus.</summary>
internal static class CorpusTable
{
    private const string SummaryTask = """
        apiVersion: task/v1
        kind: PredefinedTask
        metadata: {name: example-file-processor, version: 1.0.0}
        spec:
          agent_template: {description: "Summarize ${input.file_path} in at most ${input.max_length} words, ${input.output_type}"}
          inputs:
            file_path: {type: string, required: true}
            output_type: {type: string, default: short}
            max_length: {type: number, default: 100}
        """;

    private const string Features = """
        rules:
          - match: {task: implement_feature, attempt: 1}
            answer: I shall begin with the file.
          - match: implement_feature
            files: {src/auth.rs: "pub fn authenticate() {}"}
            answer: done
          - match: write_tests
            files: {tests/auth_tests.rs: "fn test_successful_login() {} fn test_failed_login() {}"}
            answer: done
          - match: build_project
            files: {target/release/myapp: binary}
            answer: done
          - match: generate_documentation
            files: {target/doc/myapp/index.html: Authentication}
            answer: done
        default: nothing to do
        """;

    private const string McpTask = """
            mcp_tool:
              server: "data_processor"
              tool: "transform_data"
              parameters:
                input_file: "data/${workflow.project_name}.json"
                output_format: "csv"
                options:
                  normalize: true
                  remove_duplicates: true
              timeout_secs: 60
        """;

    private static readonly (string, string)[] Keys =
    [
        ("\"OPENAI_API_KEY\"", CorpusRunner.KeyVariable), ("\"ANTHROPIC_API_KEY\"", CorpusRunner.KeyVariable),
        ("\"GOOGLE_API_KEY\"", CorpusRunner.KeyVariable), ("\"API_TOKEN\"", CorpusRunner.KeyVariable),
    ];

    private static readonly CorpusRow[] Special =
    [
        new("01_basic_groups.yaml") { Inputs = ["project_path=."] },
        new("03_hierarchical_groups.yaml") { Inputs = ["service_name=shop", "environment=staging"] },
        new("conditional_tasks.yaml")
        {
            Skipped = ["debug_tests", "deploy_production", "experimental_feature", "send_failure_notification"],
        },
        new("definition_of_done.yaml") { Answers = Features },
        new("deterministic_tasks_example.yaml") { RefusedFor = ["PPL405"], Why = "mcp_tool is not run by this version" },
        new("deterministic_tasks_example.yaml")
        {
            Variant = "without mcp_tool",
            Why = "The MCP task becomes a script; a reference and two outputs of tasks name what nothing writes; one address is fixed",
            Inputs = ["api_endpoint=SERVER"],
            Edits =
            [
                .. Keys,
                (McpTask.ReplaceLineEndings("\n"),
                    "    script: {language: bash, content: mkdir -p output && echo a > output/MyProject.csv}"),
                ("\".secrets/", "\"DIRECTORY/.secrets/"),
                ("https://hooks.example.com", "SERVER"), ("${task.analysis_result}", "85"),
                ("type: state\n          key: \"script_output\"", "type: task_output\n          task: analyze_data"),
                ("type: state\n          key: \"http_response\"", "type: task_output\n          task: fetch_external_data"),
            ],
            Files =
            [
                (".secrets/db_password.txt", "s3cret-of-the-corpus"), ("data/input.md", "# Report"),
                ("reports/MyProject_report.html", "<h1>Report</h1>"),
                ("scripts/process_data.py", "import os\nprint(os.environ['PROJECT_NAME'])"),
            ],
        },
        new("foreach_loop_demo.yaml") { Files = [("tmp/demo_data.json", "[{\"id\": 1}, {\"id\": 2}]")] },
        new("llm_workflow.yaml")
        {
            Edits = Keys, Why = "The keys come from the environment",
            Skipped = ["detailed_analysis"],
        },
        new("notification_multi_channel.yaml")
        {
            RefusedFor = ["PPL405", "PPL411"], Why = "mcp_tool and channels other than console and file are not run by this version",
        },
        new("predefined-tasks-demo.yaml")
        {
            Inputs = ["input_file=notes.txt"],
            Files = [(".claude/tasks/example-file-processor.task.yaml", SummaryTask)],
            Answers = """
                rules: [{match: process_file, answer: read, outputs: {summary: short, word_count: 3}}]
                default: reported
                """,
        },
        new("simple-dod-test.yaml")
        {
            Answers = """
                rules:
                  - {match: {attempt: 1}, answer: There is nothing to write.}
                  - {match: {prompt: "there is no"}, answer: written, files: {tmp/dod-simple-test.txt: some content}}
                """,
        },
    ];

    /// <summary>All rows: those above, and a plain one for each other file.</summary>
    public static IReadOnlyList<CorpusRow> Rows { get; } =
        [.. Plain.Select(file => new CorpusRow(file)).Concat(Special).OrderBy(row => row.Name, StringComparer.Ordinal)];

    // They need nothing but answers.
    private static IReadOnlyList<string> Plain =>
    [
        "01_frontend_build.yaml", "03_api_development.yaml", "05_pwa_build.yaml", "07_ml_training.yaml", "09_feature_engineering.yaml",
        "11_cicd_pipeline.yaml", "13_container_orchestration.yaml", "15_disaster_recovery.yaml", "17_risk_assessment.yaml",
        "19_portfolio_analysis.yaml", "21_patient_data.yaml", "23_clinical_trial.yaml", "25_drug_discovery.yaml",
        "27_inventory_management.yaml", "29_customer_analytics.yaml", "31_content_generation.yaml", "33_podcast_production.yaml",
        "35_news_aggregation.yaml", "37_student_assessment.yaml", "39_course_content.yaml", "41_security_audit.yaml",
        "43_threat_detection.yaml", "45_vulnerability_scanning.yaml", "47_market_research.yaml", "49_scientific_experiment.yaml",
        "data_pipeline.yaml", "low-memory-workflow.yaml", "simple_file_organizer.yaml", "subflows/main_workflow.yaml",
        "subflows/validation.yaml", "while_loop_demo.yaml",
    ];
}
