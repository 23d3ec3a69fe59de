using System.CommandLine;
using System.Text.Json.Nodes;
using Periplon.Core.Yaml;

namespace Periplon.Commands;

/// <summary><c>periplon validate FILE…</c>.</summary>
internal static class ValidateCommand
{
    public static Command Create(
        CommandShell shell, Func<string, CheckedWorkflow> check, ResolveWorkflow? resolve)
    {
        var files = new Argument<string[]>("file")
        {
            Description = "Workflow files; - reads standard input", Arity = ArgumentArity.OneOrMore,
        };
        var verbose = CommonOptions.Verbose("List agents and tasks, and remarks that are no warnings");
        var json = CommonOptions.Json();
        var command = new Command("validate", "Check workflow files") { files, verbose, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var named = parsed.GetRequiredValue(files);
            if (named.Count(file => file == WorkflowFile.StandardInput) > 1)
            {
                throw new CommandException("standard input can be read once only; name - once", exitCode: ExitCode.Usage);
            }

            List<FileCheck> checks = [];
            foreach (var file in named)
            {
                checks.Add(await FileCheck.OfAsync(shell, file, check, resolve, cancellationToken));
            }

            return parsed.GetValue(json)
                ? WriteJson(shell, checks, parsed.GetValue(verbose))
                : WriteText(shell, checks, named.Length, parsed.GetValue(verbose));
        });
        return command;
    }

    private static int WriteText(CommandShell shell, IEnumerable<FileCheck> checks, int count, bool verbose)
    {
        var (errors, warnings, bad) = (0, 0, 0);
        foreach (var each in checks)
        {
            bad += each.IsValid ? 0 : 1;
            if (each.Source is not { } source)
            {
                shell.WriteError(each.Unreadable!);
                continue;
            }

            errors += source.Count(DiagnosticSeverity.Error);
            warnings += source.Count(DiagnosticSeverity.Warning);
            WriteOne(shell, source, verbose);
        }

        if (count > 1)
        {
            shell.Out.WriteLine(
                $"{count} files: {count - bad} valid, {bad} not; {Counted.Of(errors, "error")}, {Counted.Of(warnings, "warning")}");
        }

        return bad == 0 ? ExitCode.Ok : ExitCode.Failure;
    }

    private static void WriteOne(CommandShell shell, WorkflowSource source, bool verbose)
    {
        DiagnosticReport.Write(shell, source, verbose ? DiagnosticSeverity.Info : DiagnosticSeverity.Warning);
        if (!source.Checked.IsValid)
        {
            shell.WriteError(source.Summary);
            return;
        }

        var workflow = source.Checked.Workflow!;
        shell.Out.WriteLine(
            $"{source.File} is valid: {workflow.Name} {workflow.Version}, {Counted.Of(workflow.Agents.Count, "agent")}, "
            + $"{Counted.Of(WorkflowList.Tasks(workflow).Count(), "task")}{source.Warnings}");
        if (verbose)
        {
            WorkflowList.Write(shell, workflow);
        }
    }

    // One file keeps the shape that programs know; several are a list of such objects.
    private static int WriteJson(CommandShell shell, IReadOnlyList<FileCheck> checks, bool verbose)
    {
        var valid = checks.All(each => each.IsValid);
        shell.WriteJson(checks is [var only]
            ? only.ToJson(verbose)
            : new JsonObject
            {
                ["valid"] = valid,
                ["files"] = new JsonArray([.. checks.Select(each => (JsonNode)each.ToJson(verbose, named: true))]),
            });
        return valid ? ExitCode.Ok : ExitCode.Failure;
    }

    /// <summary>A file that was checked, or why it cannot be read.</summary>
    private sealed record FileCheck(string Name, WorkflowSource? Source, string? Unreadable)
    {
        public bool IsValid => Source is { Checked.IsValid: true };

        public static async Task<FileCheck> OfAsync(
            CommandShell shell, string file, Func<string, CheckedWorkflow> check,
            ResolveWorkflow? resolve, CancellationToken cancellationToken)
        {
            try
            {
                var source = await WorkflowSource.Read(shell, file, check).ResolveAsync(shell, resolve, cancellationToken);
                return new FileCheck(WorkflowFile.NameOf(file), source, null);
            }
            catch (CommandException exception)
            {
                return new FileCheck(WorkflowFile.NameOf(file), null, exception.Message);
            }
        }

        public JsonObject ToJson(bool verbose, bool named = false)
        {
            var json = WorkflowList.ToJson(Source?.Checked ?? new CheckedWorkflow(null, []), verbose);
            if (named)
            {
                json.Insert(0, "file", Name);
            }

            if (Unreadable is not null)
            {
                json["error"] = Unreadable;
            }

            return json;
        }
    }
}
