using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Periplon.Commands;

/// <summary><c>periplon workflows impact|migrate</c>: executions under way and the revisions of their workflow.</summary>
internal static class RevisionCommands
{
    private const int MostShown = 3;
    private const int MostNamed = 10;

    public static Command CreateImpact(CommandShell shell)
    {
        var workflow = WorkflowsCommand.Workflow();
        var revision = new Option<int?>("--revision") { Description = "Revision to go to (default the newest)", HelpName = "N" };
        var file = new Option<string?>("--file") { Description = "A definition that is not stored, not a revision", HelpName = "FILE" };
        var sample = new Option<int?>("--sample") { Description = "How many executions are checked (default 100)", HelpName = "N" };
        return ClientCommand.Create(
            shell, "impact", "Show how many executions under way could go on with another revision, and why not",
            [workflow, revision, file, sample], async (call, cancellationToken) =>
            {
                var (to, source) = (call.Parsed.GetValue(revision), call.Parsed.GetValue(file));
                if (to is not null && source is not null)
                {
                    throw new CommandException("give --revision or --file, not both", exitCode: ExitCode.Usage);
                }

                var item = (await call.FindWorkflowAsync(call.Parsed.GetRequiredValue(workflow), cancellationToken)).Value;
                var most = call.Parsed.GetValue(sample);
                var reply = source is null
                    ? await call.Http.ImpactAsync(item.Id, to, most, cancellationToken)
                    : await call.Http.AssessAsync(item.Id, ReadText(shell, source), most, cancellationToken);
                return call.Json ? call.Print(reply.Json) : PrintImpact(shell, item.Name, reply.Json);
            });
    }

    public static Command CreateMigrate(CommandShell shell)
    {
        var workflow = WorkflowsCommand.Workflow();
        var to = new Option<int?>("--to") { Description = "Revision to go to (default the newest)", HelpName = "REVISION" };
        var from = new Option<int?>("--from") { Description = "Only executions of this revision", HelpName = "REVISION" };
        var executions = new Option<string[]>("--execution") { Description = "Only this execution; repeatable", HelpName = "ID" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only check them" };
        return ClientCommand.Create(
            shell, "migrate", "Move executions under way to another revision", [workflow, to, from, executions, dryRun],
            async (call, cancellationToken) =>
            {
                var item = (await call.FindWorkflowAsync(call.Parsed.GetRequiredValue(workflow), cancellationToken)).Value;
                var body = new JsonObject();
                foreach (var (field, option) in new[] { ("to_revision", to), ("from_revision", from) })
                {
                    if (call.Parsed.GetValue(option) is { } number)
                    {
                        body[field] = number;
                    }
                }

                if (call.Parsed.GetValue(executions) is { Length: > 0 } ids)
                {
                    body["executions"] = new JsonArray([.. ids.Select(id => (JsonNode)id)]);
                }

                if (call.Parsed.GetValue(dryRun))
                {
                    body["dry_run"] = true;
                }

                var done = await MigrateAllAsync(call, item.Id, body, cancellationToken);
                if (call.Json)
                {
                    shell.WriteJson(done.ToJson());
                }
                else
                {
                    shell.Out.WriteLine(
                        $"{item.Name} to revision {done.Revision}: {done.Migrated.Count} {(done.DryRun ? "could move" : "moved")}, "
                        + $"{done.Unchanged} unchanged, {done.Refused} refused");
                    PrintReasons(shell, done.Reasons.Select(reason => JsonElement.Parse(reason.ToJsonString())));
                }

                return done.Refused == 0 ? ExitCode.Ok : ExitCode.Failure;
            });
    }

    private sealed record Migration(int Revision, bool DryRun)
    {
        public List<string> Migrated { get; } = [];
        private Dictionary<(string, string?), JsonObject> ByReason { get; } = [];
        public IEnumerable<JsonObject> Reasons => ByReason.Values.OrderByDescending(reason => (long)reason["count"]!);
        public long Unchanged { get; set; }
        public long Refused { get; set; }

        public JsonObject ToJson() => new()
        {
            ["to_revision"] = Revision, ["dry_run"] = DryRun, ["migrated"] = new JsonArray([.. Migrated.Select(id => (JsonNode)id)]),
            ["unchanged"] = Unchanged, ["refused"] = Refused,
            ["reasons"] = new JsonArray([.. Reasons.Select(reason => reason.DeepClone())]),
        };

        // Each page counts for itself.
        public void Add(JsonElement reason)
        {
            var task = reason.TryGetProperty("task", out var named) ? named.GetString() : null;
            var key = (reason.GetProperty("reason").GetString()!, task);
            if (ByReason.TryGetValue(key, out var known))
            {
                var executions = (JsonArray)known["executions"]!;
                known["count"] = (long)known["count"]! + reason.GetProperty("count").GetInt64();
                foreach (var id in reason.GetProperty("executions").EnumerateArray().Take(MostNamed - executions.Count))
                {
                    executions.Add((JsonNode?)id.GetString());
                }
            }
            else
            {
                ByReason[key] = JsonObject.Create(reason)!;
            }
        }
    }

    // Page by page, to the revision that the first answer names: a newer one that comes meanwhile does not mix in.
    private static async Task<Migration> MigrateAllAsync(ClientCall call, string id, JsonObject body, CancellationToken cancellationToken)
    {
        Migration? done = null;
        while (true)
        {
            var page = (await call.Http.MigrateAsync(id, body, cancellationToken)).Json;
            done ??= new Migration(page.GetProperty("to_revision").GetInt32(), page.GetProperty("dry_run").GetBoolean());
            done.Migrated.AddRange(page.GetProperty("migrated").EnumerateArray().Select(each => each.GetString()!));
            foreach (var reason in page.GetProperty("reasons").EnumerateArray())
            {
                done.Add(reason);
            }

            done.Unchanged += page.GetProperty("unchanged").GetInt64();
            done.Refused += page.GetProperty("refused").GetInt64();
            if (!page.TryGetProperty("next_after", out var next) || next.ValueKind is JsonValueKind.Null)
            {
                return done;
            }

            body["to_revision"] = done.Revision;
            body["after"] = next.GetString();
        }
    }

    private static int PrintImpact(CommandShell shell, string name, JsonElement impact)
    {
        var pinned = impact.GetProperty("by_revision").EnumerateArray()
            .Select(each => $"{TriggerCommand.Text(each, "live")} of revision {TriggerCommand.Text(each, "revision")}").ToList();
        var split = pinned.Count > 0 ? $" ({string.Join(", ", pinned)})" : "";
        shell.Out.WriteLine($"{name}: {TriggerCommand.Text(impact, "live")} executions under way{split}");
        var target = impact.GetProperty("revision").ValueKind is JsonValueKind.Null
            ? "the new definition"
            : $"revision {TriggerCommand.Text(impact, "revision")}";
        shell.Out.WriteLine(
            $"To {target}: {TriggerCommand.Text(impact, "can_migrate")} can move, {TriggerCommand.Text(impact, "cannot_migrate")} cannot, "
            + $"of {TriggerCommand.Text(impact, "checked")} checked{(impact.GetProperty("sampled").GetBoolean() ? " (a sample)" : "")}");
        PrintReasons(shell, impact.GetProperty("reasons").EnumerateArray());
        return ExitCode.Ok;
    }

    private static void PrintReasons(CommandShell shell, IEnumerable<JsonElement> reasons)
    {
        foreach (var reason in reasons)
        {
            var ids = reason.GetProperty("executions").EnumerateArray().Select(each => each.GetString()).Take(MostShown);
            shell.Out.WriteLine(
                $"  {TriggerCommand.Text(reason, "count")}: {TriggerCommand.Text(reason, "message")} (such as {string.Join(", ", ids)})");
        }
    }

    private static string ReadText(CommandShell shell, string file) =>
        Core.Yaml.WorkflowText.TryDecode(WorkflowFile.Read(shell, file), out var text, out var problem)
            ? text
            : throw new CommandException($"{WorkflowFile.NameOf(file)}: {problem.Message}");
}
