using System.Text.Json;
using Periplon.Core.Conditions;
using Periplon.Core.Executions;
using Periplon.Core.Workflows;

namespace Periplon.Core.Tests.Executions;

/// <summary>Makes small workflows that use everything the language has, from a seed.</summary>
internal sealed class WorkflowGenerator(Random random, int size)
{
    private readonly List<string> _names = [];
    private int _left = size;

    public WorkflowDefinition Make()
    {
        var channels = new NotificationDefaults
        {
            DefaultChannels = [new NotificationChannel.Console()], NotifyOnStart = Chance(2), NotifyOnCompletion = Chance(3),
        };
        var tasks = Tasks(random.Next(1, 5), 0).ToDictionary(task => task.Id);
        return new WorkflowDefinition
        {
            Name = "any", Version = "1", Tasks = tasks,
            Agents = new Dictionary<string, AgentDefinition> { ["helper"] = new() { Id = "helper" } },
            MaxParallel = random.Next(1, 5),
            FailFast = Chance(6),
            TimeoutSecs = Chance(10) ? random.Next(1, 200) : null,
            Concurrency = Chance(12) ? new ConcurrencyDefinition("all") : null,
            Notifications = Chance(10) ? channels : null,
            OnFailure = Handlers(8),
            Finally = Handlers(8),
            Workflows = Chance(4) ? Orchestrations() : new Dictionary<string, OrchestrationDefinition>(),
            TaskGroups = Chance(3) ? Groups([.. tasks.Keys]) : new Dictionary<string, TaskGroupDefinition>(),
        };
    }

    private bool Chance(int oneIn) => random.Next(oneIn) == 0;

    private List<TaskDefinition> Tasks(int count, int depth)
    {
        List<TaskDefinition> tasks = [];
        for (var i = 0; i < count && (_left > 0 || tasks.Count == 0); i++)
        {
            tasks.Add(Task(depth));
        }

        return tasks;
    }

    private TaskDefinition Task(int depth)
    {
        _left--;
        var id = $"t{_names.Count}";
        var dependsOn = Enumerable.Range(0, 2).Where(_ => _names.Count > 0 && Chance(3)).Select(_ => Name()).ToArray();
        _names.Add(id);
        var task = OfSomeKind(
            new TaskDefinition
            {
                Id = id, DependsOn = dependsOn, Priority = random.Next(3),
                ParallelWith = Chance(8) && _names.Count > 1 ? [Name()] : [],
                Retry = Chance(3) ? new RetryDefinition { MaxAttempts = random.Next(1, 4), DelaySecs = random.Next(3) } : null,
                OnError = Chance(12) ? new ErrorHandlingDefinition { FallbackAgent = "helper", Notify = Notice() } : null,
                Condition = Chance(12) ? SomeCondition() : null,
                If = Chance(8) ? (Chance(2) ? "always()" : "failure()") : null,
                ContinueOnError = Chance(6),
                TimeoutSecs = Chance(8) ? random.Next(1, 100) : null,
                DefinitionOfDone = Chance(8) ? Done() : null,
                Concurrency = Chance(15) ? new ConcurrencyDefinition("some") : null,
                RateLimit = Chance(15) ? new RateLimitDefinition(null, 1) : null,
                OnComplete = Chance(15) ? Notice() : null,
            },
            depth);
        return depth > 1 ? task : task with { OnFailure = Handlers(8), Finally = Handlers(8) };
    }

    // Mostly what stands before it, so that few dependencies make circles; sometimes with a dot, sometimes anything.
    private string Name() => Chance(5) && _names.Count > 1
        ? $"{_names[random.Next(_names.Count)]}.{_names[random.Next(_names.Count)]}"
        : _names[random.Next(_names.Count)];

    private TaskDefinition OfSomeKind(TaskDefinition task, int depth) => (depth > 3 ? random.Next(9) : random.Next(24)) switch
    {
        < 5 => Work(task),
        5 => task with { Sleep = new SleepDefinition(Json(random.Next(20)), null) },
        6 => task with { WaitFor = new WaitForDefinition($"s{random.Next(2)}", null, Chance(2) ? 30 : null, Chance(3) ? Json("given") : null) },
        7 => task with { Approval = new ApprovalDefinition { TimeoutSecs = Chance(2) ? 30 : null, Default = Chance(2) ? "reject" : null } },
        8 => task with { Subflow = "inner" },
        < 14 => task with { Subtasks = Tasks(random.Next(1, 4), depth + 1) },
        < 19 => Body(task with { Loop = Loop(), LoopControl = Chance(3) ? Control() : null }, depth),
        < 21 => Body(
            task with
            {
                Matrix = new MatrixDefinition
                {
                    Axes = new Dictionary<string, IReadOnlyList<JsonElement>> { ["os"] = [Json("a"), Json("b")] },
                    MaxParallel = Chance(2) ? 1 : null,
                },
                Loop = Chance(4) ? Loop() : null,
            },
            depth),
        _ => task with
        {
            Switch = new SwitchDefinition
            {
                On = Json("${state.go}"),
                Cases = new Dictionary<string, IReadOnlyList<TaskDefinition>> { ["true"] = Tasks(random.Next(1, 3), depth + 1) },
                Default = Chance(2) ? Tasks(1, depth + 1) : [],
            },
        },
    };

    private static TaskDefinition Work(TaskDefinition task) => task with { Command = new CommandDefinition { Executable = "true" } };

    private TaskDefinition Body(TaskDefinition task, int depth) =>
        Chance(2) ? Work(task) : task with { Subtasks = Tasks(random.Next(1, 3), depth + 1) };

    private LoopDefinition Loop() => random.Next(7) switch
    {
        0 => new LoopDefinition.Repeat { Count = random.Next(1, 4) },
        1 => new LoopDefinition.Repeat { Count = random.Next(1, 5), Parallel = true, MaxParallel = Chance(2) ? 2 : null },
        2 => new LoopDefinition.While { Condition = SomeCondition(), MaxIterations = 3, DelayBetweenSecs = random.Next(3) },
        3 => new LoopDefinition.RepeatUntil { Condition = SomeCondition(), MaxIterations = 3, MinIterations = random.Next(1, 3), DelayBetweenSecs = 1 },
        4 => new LoopDefinition.ForEach { Collection = new CollectionDefinition.File("items", CollectionFormat.Lines), Iterator = "x" },
        5 => new LoopDefinition.ForEach { Collection = new CollectionDefinition.Inline([Json(1), Json("b")]), Iterator = "x", Parallel = Chance(2) },
        _ => new LoopDefinition.ForEach { Collection = new CollectionDefinition.Range(2, 5), Iterator = "x", Parallel = true },
    };

    private LoopControl Control() => new()
    {
        BreakCondition = Chance(3) ? SomeCondition() : null,
        ContinueCondition = Chance(3) ? SomeCondition() : null,
        CollectResults = Chance(2),
        ResultKey = Chance(3) ? "results" : null,
        TimeoutSecs = Chance(3) ? random.Next(1, 60) : null,
        MaxIterations = Chance(4) ? 2 : null,
    };

    private Condition SomeCondition() => random.Next(5) switch
    {
        0 => new Condition.Never(),
        1 => new Condition.StateEquals("go", Json(true)),
        2 => new Condition.Not(new Condition.StateEquals("go", Json(true))),
        3 when _names.Count > 0 => new Condition.TaskHasStatus(Name(), TaskRunStatus.Completed),
        4 => new Condition.When("iteration < 2"),
        _ => new Condition.Always(),
    };

    private DefinitionOfDone Done() => new()
    {
        Criteria = [new DoneCriterion.FileExists("out", "it is there")], MaxRetries = random.Next(3), FailOnUnmet = Chance(2),
    };

    private static NotificationSpec Notice() => new() { Message = "it is over" };

    private Dictionary<string, TaskDefinition> Handlers(int oneIn) =>
        Chance(oneIn) ? Tasks(random.Next(1, 3), 2).ToDictionary(task => task.Id) : [];

    private Dictionary<string, OrchestrationDefinition> Orchestrations()
    {
        IReadOnlyList<HookCommand> Hooks() => Chance(3) ? [new HookCommand("echo one"), new HookCommand("echo two")] : [];
        var stages = Enumerable.Range(0, random.Next(1, 4)).Select(i => new StageDefinition
        {
            Stage = $"stage{i}", Parallel = Chance(2), Tasks = Tasks(random.Next(1, 4), 1),
            DependsOn = i > 0 && Chance(2) ? [$"stage{random.Next(i)}"] : [],
        });
        return new Dictionary<string, OrchestrationDefinition>
        {
            ["main"] = new()
            {
                Id = "main", Steps = [.. stages],
                Hooks = new HooksDefinition { PreWorkflow = Hooks(), PostWorkflow = Hooks(), OnStageComplete = Hooks(), OnError = Hooks() },
            },
        };
    }

    private Dictionary<string, TaskGroupDefinition> Groups(IReadOnlyList<string> tasks)
    {
        var groups = new Dictionary<string, TaskGroupDefinition>();
        for (var i = 0; i < random.Next(1, 4); i++)
        {
            groups[$"g{i}"] = new TaskGroupDefinition
            {
                Id = $"g{i}", ExecutionMode = Chance(2) ? "sequential" : "parallel", MaxConcurrency = Chance(2) ? random.Next(1, 3) : null,
                Tasks = [.. tasks.Where(_ => Chance(2))], Parent = i > 0 && Chance(2) ? "g0" : null,
                Groups = Chance(3) ? [$"g{random.Next(3)}"] : [],
                DependsOn = i > 0 && Chance(2) ? [$"g{i - 1}"] : [], OnError = Chance(2) ? "continue" : "stop",
                TimeoutSecs = Chance(4) ? random.Next(1, 60) : null, Condition = Chance(6) ? "1 > 2" : null,
            };
        }

        return groups;
    }

    private static JsonElement Json(object value) => JsonSerializer.SerializeToElement(value);
}
