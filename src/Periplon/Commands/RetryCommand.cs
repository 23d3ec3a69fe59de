using System.CommandLine;
using System.Text.Json.Nodes;

namespace Periplon.Commands;

/// <summary><c>periplon retry ID</c>: starts an execution that takes over what an ended one has done.</summary>
internal static class RetryCommand
{
    public static Command Create(CommandShell shell)
    {
        var id = ExecutionsCommand.Id();
        var from = new Option<string?>("--from-task")
        {
            Description = "Run this task again, and what depends on it, beside what did not end well", HelpName = "TASK",
        };
        var start = new Option<bool>("--from-start") { Description = "Keep nothing" };
        var inputs = CommonOptions.Inputs();
        var latest = new Option<bool>("--latest") { Description = "Run the newest revision of the workflow rather than the same" };
        var wait = new Option<bool>("--wait", "-w") { Description = "Wait for the end; exit code 1 unless it completes" };
        return ClientCommand.Create(
            shell, "retry", "Retry an ended execution, keeping what is done", [id, from, start, inputs, latest, wait],
            async (call, cancellationToken) =>
            {
                var ended = call.Parsed.GetRequiredValue(id);
                var body = new JsonObject();
                if (call.Parsed.GetValue(from) is { } task)
                {
                    body["from_task"] = task;
                }

                if (call.Parsed.GetValue(start))
                {
                    body["from_start"] = true;
                }

                if (call.Parsed.GetValue(latest))
                {
                    body["revision"] = "latest";
                }

                if (CommonOptions.ReadInputs(call.Parsed.GetValue(inputs)) is { Count: > 0 } given)
                {
                    body["inputs"] = await TypedAsync(call, ended, given, cancellationToken);
                }

                var reply = await call.Http.RetryAsync(
                    ended, body, Guid.CreateVersion7(shell.Time.GetUtcNow()), cancellationToken);
                if (call.Json && !call.Parsed.GetValue(wait))
                {
                    return call.Print(reply.Json);
                }

                if (!call.Json)
                {
                    shell.Out.WriteLine($"Started {reply.Value.Id}, which retries {ended}");
                }

                return call.Parsed.GetValue(wait)
                    ? StartCommand.Report(call, await StartCommand.WaitAsync(call, reply.Value.Id, cancellationToken))
                    : ExitCode.Ok;
            });
    }

    private static async Task<JsonObject> TypedAsync(
        ClientCall call, string execution, IReadOnlyDictionary<string, string> given, CancellationToken cancellationToken)
    {
        var item = (await call.Http.GetExecutionAsync(execution, null, cancellationToken)).Value;
        var workflow = await call.FindWorkflowAsync(item.WorkflowId ?? item.WorkflowName ?? "", cancellationToken);
        return StartCommand.Typed(given, workflow.Value.Definition);
    }
}
