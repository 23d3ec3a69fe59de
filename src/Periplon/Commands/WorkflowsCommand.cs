using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Http;

namespace Periplon.Commands;

/// <summary><c>periplon workflows list|get|apply|delete|impact|migrate</c>.</summary>
internal static class WorkflowsCommand
{
    public static Command Create(CommandShell shell, Func<string, CheckedWorkflow>? check)
    {
        var command = new Command("workflows", "Workflows of a server")
        {
            List(shell), Get(shell), Delete(shell), RevisionCommands.CreateImpact(shell), RevisionCommands.CreateMigrate(shell),
        };
        command.Aliases.Add("workflow");
        if (check is not null)
        {
            command.Add(Apply(shell, check));
        }

        return command;
    }

    internal static Argument<string> Workflow() => new("workflow") { Description = "Name or id of the workflow" };

    private static Command List(CommandShell shell)
    {
        var name = new Option<string?>("--name") { Description = "Only workflows with this text in their name", HelpName = "TEXT" };
        var limit = new Option<int>("--limit") { Description = "Most workflows", DefaultValueFactory = _ => 100, HelpName = "N" };
        var offset = new Option<int>("--offset") { Description = "Workflows to pass by", HelpName = "N" };
        return ClientCommand.Create(shell, "list", "List workflows", [name, limit, offset], async (call, cancellationToken) =>
        {
            var reply = await call.Http.ListWorkflowsAsync(
                call.Parsed.GetValue(name), call.Parsed.GetValue(limit), call.Parsed.GetValue(offset), cancellationToken);
            if (call.Json)
            {
                return call.Print(reply.Json);
            }

            shell.WriteTable(
                ["name", "version", "active", "updated", "id"],
                reply.Value.Workflows.Select(each => (IReadOnlyList<string>)
                    [each.Name, each.Version, each.IsActive is false ? "no" : "yes", ClientCall.Time(each.UpdatedAt), each.Id]));
            return ExitCode.Ok;
        });
    }

    private static Command Get(CommandShell shell)
    {
        var workflow = Workflow();
        return ClientCommand.Create(shell, "get", "Show a workflow", [workflow], async (call, cancellationToken) =>
        {
            var reply = await call.FindWorkflowAsync(call.Parsed.GetRequiredValue(workflow), cancellationToken);
            if (call.Json)
            {
                return call.Print(reply.Json);
            }

            var item = reply.Value;
            shell.Out.WriteLine($"{item.Name} {item.Version} ({item.Id})");
            if (!string.IsNullOrEmpty(item.Description))
            {
                shell.Out.WriteLine(item.Description);
            }

            return item.Definition.ValueKind == JsonValueKind.Undefined ? ExitCode.Ok : call.Print(item.Definition);
        });
    }

    private static Command Delete(CommandShell shell)
    {
        var workflow = Workflow();
        return ClientCommand.Create(
            shell, "delete", "Delete a workflow; its executions stay", [workflow], async (call, cancellationToken) =>
            {
                var item = (await call.FindWorkflowAsync(call.Parsed.GetRequiredValue(workflow), cancellationToken)).Value;
                await call.Http.DeleteWorkflowAsync(item.Id, cancellationToken);
                if (call.Json)
                {
                    shell.WriteJson(new JsonObject { ["id"] = item.Id, ["name"] = item.Name, ["deleted"] = true });
                }
                else
                {
                    shell.Out.WriteLine($"Deleted {item.Name} ({item.Id})");
                }

                return ExitCode.Ok;
            });
    }

    private static Command Apply(CommandShell shell, Func<string, CheckedWorkflow> check)
    {
        var files = new Argument<string[]>("file") { Arity = ArgumentArity.OneOrMore, Description = "Workflow files" };
        return ClientCommand.Create(
            shell, "apply", "Create workflows, or store new versions of them", [files], async (call, cancellationToken) =>
            {
                // All files are checked before the first is sent, so that a mistake in the last leaves the server as it was.
                var sources = call.Parsed.GetRequiredValue(files).Select(file => WorkflowSource.Read(shell, file, check)).ToArray();
                foreach (var source in sources)
                {
                    source.RequireValid(shell);
                }

                var applied = new JsonArray();
                foreach (var source in sources)
                {
                    var name = source.Checked.Workflow!.Name;
                    var id = await call.FindIdAsync(name, cancellationToken);
                    var reply = id is null
                        ? await call.Http.CreateWorkflowAsync(source.Text, Guid.CreateVersion7(shell.Time.GetUtcNow()), cancellationToken)
                        : await call.Http.UpdateWorkflowAsync(id, source.Text, cancellationToken);
                    applied.Add(new JsonObject
                    {
                        ["file"] = source.File, ["id"] = reply.Value.Id, ["name"] = name, ["version"] = source.Checked.Workflow.Version,
                        ["action"] = id is null ? "created" : "updated",
                    });
                    if (!call.Json)
                    {
                        shell.Out.WriteLine(
                            $"{(id is null ? "Created" : "Updated")} {name} {source.Checked.Workflow.Version} ({reply.Value.Id})");
                    }
                }

                if (call.Json)
                {
                    shell.WriteJson(new JsonObject { ["workflows"] = applied });
                }

                return ExitCode.Ok;
            });
    }
}
