using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Loops and their collections.</summary>
internal static class LoopRules
{
    private const long MostIterations = 10_000;
    private const int MostParallel = 100;
    private const int MostItems = 100_000;
    private const int IterationsThatNeedDelay = 100;

    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH"];

    internal static void Check(ValidationContext context)
    {
        foreach (var node in context.Tree.Nodes)
        {
            switch (node.Task.Loop)
            {
                case LoopDefinition.ForEach loop:
                    CheckMaxParallel(context, node, loop.MaxParallel);
                    CheckCollection(context, node, loop.Collection);
                    break;
                case LoopDefinition.Repeat loop:
                    CheckMaxParallel(context, node, loop.MaxParallel);
                    CheckCount(context, node, "count", loop.Count, ValidationCodes.RepeatCountTooLarge, ValidationCodes.RepeatCountZero);
                    break;
                case LoopDefinition.While loop:
                    CheckIterations(context, node, loop.MaxIterations, loop.DelayBetweenSecs);
                    break;
                case LoopDefinition.RepeatUntil loop:
                    CheckIterations(context, node, loop.MaxIterations, loop.DelayBetweenSecs);
                    CheckBoundsInOrder(context, node, loop);
                    break;
            }
        }
    }

    private static void CheckMaxParallel(ValidationContext context, TaskNode node, int? maxParallel)
    {
        var path = $"{node.Path}.loop.max_parallel";
        if (maxParallel > MostParallel)
        {
            context.Report.Error(
                ValidationCodes.LoopMaxParallelTooLarge,
                path,
                $"The loop of task '{node.FullId}' runs {maxParallel} iterations at the same time; {MostParallel} are allowed.",
                $"Give a number from 1 to {MostParallel}.");
        }
        else if (maxParallel < 1)
        {
            context.Report.Error(
                ValidationCodes.LoopMaxParallelZero,
                path,
                $"The loop of task '{node.FullId}' runs {maxParallel} iterations at the same time, so it would never start.",
                $"Give a number from 1 to {MostParallel}, or leave it out.");
        }
    }

    private static void CheckCount(ValidationContext context, TaskNode node, string field, long count, string tooLarge, string zero)
    {
        var path = $"{node.Path}.loop.{field}";
        if (count > MostIterations)
        {
            context.Report.Error(
                tooLarge,
                path,
                $"The loop of task '{node.FullId}' has {field}: {count}; {MostIterations} iterations are allowed.",
                "Split the work, or loop over a collection.");
        }
        else if (count < 1)
        {
            context.Report.Error(
                zero,
                path,
                $"The loop of task '{node.FullId}' has {field}: {count}, so it would do nothing.",
                $"Give a number from 1 to {MostIterations}.");
        }
    }

    private static void CheckIterations(ValidationContext context, TaskNode node, long maxIterations, double? delay)
    {
        CheckCount(
            context, node, "max_iterations", maxIterations, ValidationCodes.MaxIterationsTooLarge, ValidationCodes.MaxIterationsZero);
        if (maxIterations <= IterationsThatNeedDelay)
        {
            return;
        }

        const string Hint = "Add delay_between_secs, so that a condition that changes slowly is not asked without a pause.";
        if (delay is null)
        {
            context.Report.Warning(
                ValidationCodes.LoopWithoutDelay,
                $"{node.Path}.loop",
                $"The loop of task '{node.FullId}' may run {maxIterations} iterations without a pause.",
                Hint);
        }
        else if (delay == 0)
        {
            context.Report.Warning(
                ValidationCodes.LoopWithZeroDelay,
                $"{node.Path}.loop.delay_between_secs",
                $"The loop of task '{node.FullId}' may run {maxIterations} iterations with a pause of 0 seconds.",
                Hint);
        }
    }

    private static void CheckBoundsInOrder(ValidationContext context, TaskNode node, LoopDefinition.RepeatUntil loop)
    {
        if (loop.MinIterations > loop.MaxIterations)
        {
            context.Report.Warning(
                ValidationCodes.IterationBoundsCrossed,
                $"{node.Path}.loop.min_iterations",
                $"The loop of task '{node.FullId}' wants at least {loop.MinIterations} iterations but allows {loop.MaxIterations}.",
                "Give min_iterations a value up to max_iterations.");
        }
    }

    private static void CheckCollection(ValidationContext context, TaskNode node, CollectionDefinition collection)
    {
        var path = $"{node.Path}.loop.collection";
        switch (collection)
        {
            case CollectionDefinition.State state when string.IsNullOrWhiteSpace(state.Key):
                context.Report.Error(
                    ValidationCodes.CollectionKeyEmpty,
                    $"{path}.key",
                    $"The state key that task '{node.FullId}' loops over is empty.",
                    "Name a key of the state.");
                break;
            case CollectionDefinition.File file when string.IsNullOrWhiteSpace(file.Path):
                context.Report.Error(
                    ValidationCodes.CollectionPathEmpty,
                    $"{path}.path",
                    $"The path of the file that task '{node.FullId}' loops over is empty.",
                    "Name a file.");
                break;
            case CollectionDefinition.Range range:
                CheckRange(context, node, path, range);
                break;
            case CollectionDefinition.Inline { Items.Count: 0 }:
                context.Report.Error(
                    ValidationCodes.InlineListEmpty,
                    $"{path}.items",
                    $"Task '{node.FullId}' loops over an empty list.",
                    "Give the list an item.");
                break;
            case CollectionDefinition.Inline { Items.Count: > MostItems } inline:
                context.Report.Error(
                    ValidationCodes.InlineListTooLong,
                    $"{path}.items",
                    $"Task '{node.FullId}' loops over a list of {inline.Items.Count} items; {MostItems} are allowed.",
                    "Split the list.");
                break;
            case CollectionDefinition.Http http:
                CheckHttp(context, node, path, http);
                break;
        }
    }

    private static void CheckRange(ValidationContext context, TaskNode node, string path, CollectionDefinition.Range range)
    {
        if (range.Start >= range.End)
        {
            context.Report.Error(
                ValidationCodes.RangeEmpty,
                $"{path}.start",
                $"The range of task '{node.FullId}' goes from {range.Start} to {range.End}, which is empty.",
                "Give 'end' a larger number than 'start'; the end itself is not part of the range.");
        }

        if (range.Step <= 0)
        {
            context.Report.Error(
                range.Step == 0 ? ValidationCodes.RangeStepZero : ValidationCodes.RangeStepNegative,
                $"{path}.step",
                $"The range of task '{node.FullId}' has the step {range.Step}.",
                "Ranges go upwards: give a step of 1 or more.");
        }
        else if (((Int128)range.End - range.Start) / range.Step > MostItems)
        {
            context.Report.Error(
                ValidationCodes.RangeTooLong,
                $"{path}.end",
                $"The range of task '{node.FullId}' has more than {MostItems} numbers.",
                "Split the range, or take a larger step.");
        }
    }

    private static void CheckHttp(ValidationContext context, TaskNode node, string path, CollectionDefinition.Http http)
    {
        if (string.IsNullOrWhiteSpace(http.Url))
        {
            context.Report.Error(
                ValidationCodes.CollectionUrlEmpty,
                $"{path}.url",
                $"The address that task '{node.FullId}' loops over is empty.",
                "Give an http or https address.");
        }
        else
        {
            WebAddress.Check(
                context.Report,
                ValidationCodes.CollectionUrlScheme,
                $"{path}.url",
                http.Url,
                $"The address that task '{node.FullId}' loops over");
        }

        if (!Methods.Contains(http.Method, StringComparer.OrdinalIgnoreCase))
        {
            context.Report.Error(
                ValidationCodes.CollectionMethodUnknown,
                $"{path}.method",
                $"Task '{node.FullId}' loads its collection with the method '{http.Method}'.",
                $"Methods: {string.Join(", ", Methods)}.");
        }
    }
}
