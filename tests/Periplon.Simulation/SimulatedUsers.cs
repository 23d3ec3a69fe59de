using System.Buffers.Binary;
using Periplon.Client.Executions;
using Periplon.Client.Workflows;
using Periplon.Core.Executions;

namespace Periplon.Simulation;

/// <summary>Users: they start executions and repeat what was not answered, they interfere, and in the end they help.</summary>
internal sealed class SimulatedUsers(World world)
{
    private static readonly TimeSpan HelpInterval = TimeSpan.FromSeconds(4);

    private readonly Silo _place = world.Users;
    private int _busy;
    private int _keys;

    /// <summary>Whether no user wants anything any more.</summary>
    public bool AreDone => _busy == 0;

    public void Begin()
    {
        for (var i = 0; i < world.Faults.Executions; i++)
        {
            var revision = world.Random.Next(SampleWorkflows.All.Count);
            _busy++;
            _place.After(world.Random.Milliseconds(0, world.Random.OneIn(2) ? 100 : 10_000), () => _place.Go(() => UseAsync(revision)));
        }

        _place.After(HelpInterval, Help);
    }

    private async Task UseAsync(int revision)
    {
        var id = NewId();
        var request = new CreateExecution
        {
            Start = new StartExecution
            {
                ExecutionId = id, Organization = "default", Inputs = "{}"u8.ToArray(), Priority = world.Random.Next(3), TriggerType = "manual",
            },
            WorkflowId = SampleWorkflows.Id, Revision = revision, RequestHash = "same",
        };
        world.Trace?.Invoke($"a user starts {id.ToString()[^6..]} with definition {revision}");
        while (true)
        {
            try
            {
                await CallAsync(id, execution => execution.CreateAsync(request));
                world.Ledger.OnAccepted(id);
                break;
            }
            catch (Exception e) when (Failures.IsExpected(e))
            {
                if (world.Random.OneIn(6))
                {
                    // This one goes away. What was stored all the same must come to its end.
                    break;
                }

                await _place.DelayAsync(world.Random.Milliseconds(50, 2_000));
            }
        }

        _busy--;
        while (!world.IsHealed && world.Random.OneIn(2))
        {
            await _place.DelayAsync(world.Random.Milliseconds(10, 8_000));
            await InterfereAsync(id);
        }
    }

    // By time and then by chance, as real ids are.
    private Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        world.Random.NextGuid().TryWriteBytes(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes, world.Time.ToUnixTimeMilliseconds() << 16 | (uint)world.Random.Next(0x1000) | 0x7000);
        return new Guid(bytes, bigEndian: true);
    }

    private async Task InterfereAsync(Guid id)
    {
        try
        {
            switch (world.Random.Next(10))
            {
                case 0:
                    await ControlAsync(id, execution => execution.CancelAsync("a user", kill: false), state => state.CancelRequestedAt is not null, "the cancel");
                    break;
                case 1:
                    await ControlAsync(id, execution => execution.CancelAsync("a user", kill: true), state => state.IsKilled, "the kill");
                    break;
                case < 5:
                    await ControlAsync(id, execution => execution.PauseAsync(), _ => true, "the pause");
                    break;
                case < 7:
                    await ControlAsync(id, execution => execution.ResumeAsync(), _ => true, "the resumption");
                    break;
                default:
                    await SignalAsync(id, "go");
                    break;
            }
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            // Whether it was done is unknown, and this user does not care.
        }
    }

    private async Task ControlAsync(
        Guid id, Func<ExecutionActivation, Task<ControlStatus>> call, Func<ExecutionState, bool> isSo, string what)
    {
        if (await CallAsync(id, call) is ControlStatus.Done)
        {
            world.Trace?.Invoke($"{what} of {id.ToString()[^6..]} is done");
            world.Ledger.OnControlled(id, isSo, what);
        }
    }

    private async Task SignalAsync(Guid id, string name)
    {
        var key = $"k{_keys++}";
        if (await CallAsync(id, execution => execution.SignalAsync(name, key)) is SignalStatus.Taken or SignalStatus.Kept)
        {
            world.Ledger.OnControlled(id, state => state.SignalKeys.Contains(key), "the signal");
        }
    }

    private Task<T> CallAsync<T>(Guid id, Func<ExecutionActivation, Task<T>> method) =>
        world.CallAsync(_place, GrainKey.Execution(id), method);

    // Sometimes while things go wrong, always afterwards: what waits for a person gets one.
    private void Help()
    {
        _place.After(HelpInterval, Help);
        if (!world.IsHealed && !world.Random.OneIn(3))
        {
            return;
        }

        foreach (var state in world.Ledger.States)
        {
            if (!state.IsTerminal && (state.IsPaused || !state.Waiting.IsEmpty))
            {
                _place.Go(() => HelpAsync(state));
            }
        }
    }

    private async Task HelpAsync(ExecutionState state)
    {
        var id = state.Created.ExecutionId;
        try
        {
            if (state.IsPaused)
            {
                await ControlAsync(id, execution => execution.ResumeAsync(), _ => true, "the resumption");
            }

            foreach (var rank in state.Waiting)
            {
                var wait = state.Task(rank.Task).Wait!;
                if (wait.Kind is WaitKind.Signal)
                {
                    await SignalAsync(id, wait.Name!);
                }
                else if (wait.Kind is WaitKind.Approval)
                {
                    var decision = new DecisionRequest
                    {
                        Organization = "default", Task = rank.Task.Path, Approved = !world.Random.OneIn(4), By = "a user",
                    };
                    await CallAsync(id, execution => execution.DecideAsync(decision));
                }
            }
        }
        catch (Exception e) when (Failures.IsExpected(e))
        {
            // The next round tries again.
        }
    }
}
