using System.CommandLine;
using System.Text.Json;
using Periplon.Core.Executions;
using Periplon.Core.Inputs;
using Periplon.Core.Validation;
using Periplon.Run;

namespace Periplon.Commands;

/// <summary><c>periplon run FILE</c>: one workflow, here and now, without a server.</summary>
internal static class RunCommand
{
    public static Command Create(
        CommandShell shell, Func<string, CheckedWorkflow> check, ResolveWorkflow? resolve, Func<ILocalRunner> createRunner)
    {
        var file = new Argument<string>("file") { Description = "Workflow file" };
        var inputs = CommonOptions.Inputs();
        inputs.Aliases.Add("--set");
        var stateDir = LocalStateCommands.StateDirectory();
        var resume = new Option<bool>("--resume", "-r")
        {
            Description = "Go on with the last run when it was interrupted; start over when it completed",
        };
        var clean = new Option<bool>("--clean") { Description = "Delete saved state of this workflow first" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Print what a run would do, and stop" };
        var config = CommonOptions.ConfigFile();
        var script = CommonOptions.ModelScript();
        config.Aliases.Remove("-c");
        clean.Aliases.Add("-c");
        var verbose = CommonOptions.Verbose("Show what tasks print");
        var json = CommonOptions.Json();
        var answers = new RunAnswers();
        var command = new Command("run", "Run a workflow file here, without a server")
        {
            file, inputs, stateDir, resume, clean, dryRun, script, config, verbose, json, answers.Signals, answers.Approvals,
            answers.Rejections,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var given = CommonOptions.ReadInputs(parsed.GetValue(inputs));
            var settings = shell.LoadConfig(
                parsed.GetValue(config), ServerCommand.Argument("ai.script", parsed.GetValue(script), "--ai-script")).Config!;
            var alone = WorkflowSource.Read(shell, parsed.GetRequiredValue(file), check);
            var runnable = new RunnableOptions { HasModelScript = settings.Ai.Script is not null };
            var source = (await alone.ResolveAsync(shell, resolve, cancellationToken)).WithRunnable(runnable);
            if (parsed.GetValue(dryRun))
            {
                return DryRun.Run(shell, source, given, parsed.GetValue(verbose), parsed.GetValue(json));
            }

            var resumes = parsed.GetValue(resume) && !parsed.GetValue(clean);
            if (resumes && !source.Checked.IsValid)
            {
                // What the run began with is saved; what became of its sources since does not matter to it.
                source = alone.WithRunnable(runnable);
            }

            source.RequireValid(shell);
            var request = new LocalRunRequest
            {
                Workflow = source.Checked.Workflow!,
                Text = source.Text,
                Resources = source.Checked.Resources,
                File = shell.PathOf(source.File),
                Inputs = resumes ? RequireNone(given) : Bind(source, given),
                StateDirectory = LocalStateCommands.PathOf(shell, parsed.GetValue(stateDir)),
                Resume = resumes,
                Clean = parsed.GetValue(clean),
                Signals = answers.ReadSignals(parsed),
                Decisions = answers.ReadDecisions(parsed, source.Checked.Workflow!),
                Person = new TerminalPerson(shell),
                Config = settings,
                Directory = shell.Directory,
                Colored = shell.IsTerminal && !parsed.GetValue(json),
                Abort = shell.Abort,
            };
            return await RunAsync(shell, createRunner(), request, parsed.GetValue(verbose), parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static IReadOnlyDictionary<string, JsonElement> Bind(WorkflowSource source, IReadOnlyDictionary<string, string> given)
    {
        var binding = InputBinder.BindText(source.Checked.Workflow!.Inputs, given);
        return binding.IsValid
            ? binding.Values
            : throw new CommandException($"the inputs do not fit {source.File}", [.. binding.Problems.Select(problem => problem.Message)]);
    }

    private static Dictionary<string, JsonElement> RequireNone(IReadOnlyDictionary<string, string> given) => given.Count == 0
        ? []
        : throw new CommandException(
            "--resume keeps the inputs of the saved run; leave --input out, or run anew with --clean", exitCode: ExitCode.Usage);

    private static async Task<int> RunAsync(
        CommandShell shell, ILocalRunner runner, LocalRunRequest request, bool verbose, bool json, CancellationToken cancellationToken)
    {
        var display = json ? new SilentRunDisplay(shell) : RunDisplay.Create(shell, verbose, RunAnswers.Asks(request.Workflow));
        LocalRunResult result;
        try
        {
            result = await display.ShowAsync(progress => runner.ExecuteAsync(request, progress, cancellationToken));
        }
        catch (LocalRunException exception)
        {
            throw new CommandException(exception.Message, exception.Details);
        }

        if (json)
        {
            shell.WriteJson(RunReport.ToJson(request.Workflow, result));
        }
        else
        {
            display.WriteSummary(result, linesWereShown: verbose);
        }

        if (!result.Success)
        {
            shell.WriteError(result.Error ?? $"the run is {result.Status.ToWord()}");
        }

        return result switch
        {
            { Success: true } => ExitCode.Ok,
            _ when cancellationToken.IsCancellationRequested && !result.Status.IsTerminal() => ExitCode.Interrupted,
            _ => ExitCode.Failure,
        };
    }
}
