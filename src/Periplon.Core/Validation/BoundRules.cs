using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Numbers that must lie within bounds: times, attempts, how many at once.</summary>
internal static class BoundRules
{
    // A thousand years, as in the parser: enough for any wait, and far from where times overflow.
    private const double LongestSeconds = 1000d * 365 * 86_400;

    internal static void Check(ValidationContext context)
    {
        var workflow = context.Workflow;
        CheckTimeout(context, workflow.TimeoutSecs, "timeout_secs", "The workflow");
        CheckMaxParallel(context, workflow.MaxParallel, "max_parallel", "The workflow");
        CheckConcurrency(context, workflow.Concurrency, "concurrency", "The workflow");
        CheckLimits(context, workflow.Limits, "limits", "The workflow");
        if (workflow.Defaults is { } defaults)
        {
            CheckTimeout(context, defaults.TimeoutSecs, "defaults.timeout_secs", "The default of tasks");
            CheckOnError(context, defaults.OnError, "defaults.on_error", "The default of tasks");
            CheckRetry(context, defaults.Retry, "defaults.retry", "The default of tasks");
        }

        foreach (var (id, group) in workflow.TaskGroups)
        {
            CheckTimeout(context, group.TimeoutSecs, $"task_groups.{id}.timeout", $"Task group '{id}'");
            CheckMaxParallel(context, group.MaxConcurrency, $"task_groups.{id}.max_concurrency", $"Task group '{id}'");
        }

        foreach (var node in context.Tree.Nodes)
        {
            CheckTask(context, node);
        }
    }

    private static void CheckTask(ValidationContext context, TaskNode node)
    {
        var task = node.Task;
        if (IsPlain(task))
        {
            return;
        }

        var path = node.Path;
        var what = $"Task '{node.FullId}'";
        CheckTimeout(context, task.TimeoutSecs, $"{path}.timeout_secs", what);
        CheckTimeout(context, task.Script?.TimeoutSecs, $"{path}.script.timeout_secs", what);
        CheckTimeout(context, task.Command?.TimeoutSecs, $"{path}.command.timeout_secs", what);
        CheckTimeout(context, task.Llm?.TimeoutSecs, $"{path}.llm.timeout_secs", what);
        CheckTimeout(context, task.Http?.TimeoutSecs, $"{path}.http.timeout_secs", what);
        CheckTimeout(context, task.McpTool?.TimeoutSecs, $"{path}.mcp_tool.timeout_secs", what);
        CheckTimeout(context, task.WaitFor?.TimeoutSecs, $"{path}.wait_for.timeout_secs", what);
        CheckTimeout(context, task.Approval?.TimeoutSecs, $"{path}.approval.timeout_secs", what);
        CheckTimeout(context, task.LoopControl?.TimeoutSecs, $"{path}.loop_control.timeout_secs", what);
        CheckOnError(context, task.OnError, $"{path}.on_error", what);
        CheckRetry(context, task.Retry, $"{path}.retry", what);
        CheckMaxParallel(context, task.Matrix?.MaxParallel, $"{path}.matrix.max_parallel", what);
        CheckConcurrency(context, task.Concurrency, $"{path}.concurrency", what);
        CheckRateLimit(context, task, path, what);
        CheckLimits(context, task.Limits, $"{path}.limits", what);
        if (task.Context is { MinRelevance: not (>= 0 and <= 1) } wanted)
        {
            ReportLimit(
                context, $"{path}.context.min_relevance", what, $"min_relevance: {wanted.MinRelevance}", "Give a number from 0 to 1.");
        }

        if (task.DefinitionOfDone is { MaxRetries: < 0 } done)
        {
            context.Report.Error(
                ValidationCodes.DoneRetriesNegative,
                $"{path}.definition_of_done.max_retries",
                $"{what} has max_retries: {done.MaxRetries} in its definition of done.",
                "Give 0 or more.");
        }
    }

    // Most tasks of a large file have none of these; their paths need not be built.
    private static bool IsPlain(TaskDefinition task) =>
        task is
        {
            TimeoutSecs: null, Script: null or { TimeoutSecs: null }, Command: null or { TimeoutSecs: null },
            Llm: null, Http: null, McpTool: null, WaitFor: null, Approval: null, LoopControl: null, OnError: null, Retry: null,
            Matrix: null, Concurrency: null, RateLimit: null, Cache: null, Limits: null, Context: null, DefinitionOfDone: null,
        };

    private static void CheckTimeout(ValidationContext context, double? seconds, string path, string what)
    {
        if (seconds is { } value and not (> 0 and <= LongestSeconds))
        {
            context.Report.Error(
                ValidationCodes.TimeoutOutOfRange,
                path,
                $"{what} has a timeout of {value} seconds.",
                "Give more than 0 seconds and at most a thousand years, or leave it out for no timeout.");
        }
    }

    private static bool IsDelay(double seconds) => seconds is >= 0 and <= LongestSeconds;

    private static void CheckOnError(ValidationContext context, ErrorHandlingDefinition? onError, string path, string what)
    {
        if (onError is null)
        {
            return;
        }

        if (onError.Retry < 0)
        {
            context.Report.Error(
                ValidationCodes.ErrorRetryOutOfRange,
                $"{path}.retry",
                $"{what} has retry: {onError.Retry}.",
                "Give 0 or more extra attempts.");
        }

        if (!IsDelay(onError.RetryDelaySecs))
        {
            context.Report.Error(
                ValidationCodes.ErrorRetryOutOfRange,
                $"{path}.retry_delay_secs",
                $"{what} has retry_delay_secs: {onError.RetryDelaySecs}.",
                "Give 0 seconds or more, and at most a thousand years.");
        }
    }

    private static void CheckRetry(ValidationContext context, RetryDefinition? retry, string path, string what)
    {
        if (retry is null)
        {
            return;
        }

        Require(retry.MaxAttempts >= 1, "max_attempts", retry.MaxAttempts, "Give 1 or more; the first attempt counts.");
        Require(IsDelay(retry.DelaySecs), "delay_secs", retry.DelaySecs, "Give 0 seconds or more, and at most a thousand years.");
        Require(IsDelay(retry.MaxDelaySecs), "max_delay_secs", retry.MaxDelaySecs, "Give 0 seconds or more, and at most a thousand years.");
        Require(retry.Backoff is >= 1 and <= 1000, "backoff", retry.Backoff, "Give a factor from 1 (constant) to 1000.");
        Require(retry.Jitter is >= 0 and <= 1, "jitter", retry.Jitter, "Give a share from 0 to 1.");

        void Require(bool holds, string field, double value, string hint)
        {
            if (!holds)
            {
                context.Report.Error(
                    ValidationCodes.RetryOutOfRange, $"{path}.{field}", $"{what} has {field}: {value} in its retry policy.", hint);
            }
        }
    }

    private static void CheckMaxParallel(ValidationContext context, int? value, string path, string what)
    {
        if (value < 1)
        {
            context.Report.Error(
                ValidationCodes.MaxParallelOutOfRange,
                path,
                $"{what} may run {value} tasks at the same time, so none would start.",
                "Give 1 or more.");
        }
    }

    private static void CheckConcurrency(ValidationContext context, ConcurrencyDefinition? concurrency, string path, string what)
    {
        if (concurrency is { Limit: < 1 })
        {
            ReportLimit(context, $"{path}.limit", what, $"limit: {concurrency.Limit} in its concurrency", "Give 1 or more.");
        }
    }

    private static void CheckRateLimit(ValidationContext context, TaskDefinition task, string path, string what)
    {
        if (task.RateLimit is { Limit: < 1 } rate)
        {
            ReportLimit(context, $"{path}.rate_limit.limit", what, $"limit: {rate.Limit} in its rate limit", "Give 1 or more.");
        }

        if (task.RateLimit is { PeriodSecs: not (> 0 and <= LongestSeconds) } period)
        {
            ReportLimit(
                context,
                $"{path}.rate_limit.period_secs",
                what,
                $"period_secs: {period.PeriodSecs} in its rate limit",
                "Give more than 0 seconds.");
        }

        if (task.Cache is { TtlSecs: { } ttl } && ttl is not (> 0 and <= LongestSeconds))
        {
            ReportLimit(
                context, $"{path}.cache.ttl_secs", what, $"ttl_secs: {ttl} in its cache", "Give more than 0 seconds, or leave it out.");
        }
    }

    private static void CheckLimits(ValidationContext context, LimitsDefinition? limits, string path, string what)
    {
        if (limits is null)
        {
            return;
        }

        Require(limits.MaxStdoutBytes, "max_stdout_bytes");
        Require(limits.MaxStderrBytes, "max_stderr_bytes");
        Require(limits.MaxCombinedBytes, "max_combined_bytes");
        Require(limits.MaxContextBytes, "max_context_bytes");
        Require(limits.MaxContextTasks, "max_context_tasks");
        Require(limits.ExternalStorageThreshold ?? 0, "external_storage_threshold");

        void Require(long value, string field)
        {
            if (value < 0)
            {
                ReportLimit(context, $"{path}.{field}", what, $"{field}: {value}", "Give 0 or more.");
            }
        }
    }

    private static void ReportLimit(ValidationContext context, string path, string what, string found, string hint) =>
        context.Report.Error(ValidationCodes.LimitOutOfRange, path, $"{what} has {found}.", hint);
}
