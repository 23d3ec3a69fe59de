using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Api.Server;
using Periplon.Configuration;
using Periplon.Http;

namespace Periplon.Commands;

/// <summary>What <c>doctor</c> was told.</summary>
/// <param name="Directory">The directory that relative paths of the configuration begin at.</param>
/// <param name="Repair">Whether what can be mended is mended.</param>
/// <param name="Checks">Names of the checks; empty means all.</param>
/// <param name="MaxExecutions">Most executions that are looked at; 0 means all.</param>
/// <param name="Actor">Who asks, for the audit log.</param>
internal sealed record DoctorArguments(string Directory, bool Repair, IReadOnlyList<string> Checks, int MaxExecutions, string Actor);

/// <summary>
/// <c>periplon doctor</c>: examines the database, and mends it with <c>--repair</c>. It goes to the database itself; where a server has
/// that to itself, to the server.
/// </summary>
internal static class DoctorCommand
{
    public static Command Create(
        CommandShell shell, Func<PeriplonConfig, DoctorArguments, CancellationToken, Task<DoctorObject?>> examine)
    {
        var repair = new Option<bool>("--repair") { Description = "Mend what can be mended safely; each repair is noted in audit_logs" };
        var checks = new Option<string[]>("--check")
        {
            Description = "Only this check; may be repeated (schema, host, definitions, executions, orphans, artifacts, limits, "
                + "partitions, cluster)",
            HelpName = "NAME",
        };
        var most = new Option<int>("--max-executions")
        {
            Description = "Look at no more than so many executions, those that have not ended first (default: all)", HelpName = "N",
        };
        var server = new Option<string?>("--server")
        {
            Description = "Ask this server, instead of going to the database", HelpName = "URL",
        };
        var file = CommonOptions.ConfigFile();
        var dataDir = CommonOptions.DataDir();
        var json = CommonOptions.Json();
        var command = new Command("doctor", "Examine the storage of a server, running or not, and repair it")
        {
            repair, checks, most, server, file, dataDir, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(most) < 0)
            {
                throw new CommandException(
                    $"--max-executions must be at least 0, found {parsed.GetValue(most)}", exitCode: ExitCode.Usage);
            }

            var user = shell.Variables.GetValueOrDefault("USER");
            var arguments = new DoctorArguments(
                shell.Directory, parsed.GetValue(repair), parsed.GetValue(checks) ?? [], parsed.GetValue(most),
                string.IsNullOrEmpty(user) ? "periplon doctor" : $"periplon doctor ({user})");
            var address = parsed.GetValue(server);
            DoctorObject? report = null;
            if (address is null)
            {
                var config = shell.LoadConfig(
                    parsed.GetValue(file), ServerCommand.Argument("server.data_dir", parsed.GetValue(dataDir), "--data-dir")).Config!;
                report = await examine(config, arguments, cancellationToken);
                address = shell.Variables.GetValueOrDefault("PERIPLON_SERVER") is { Length: > 0 } named
                    ? named
                    : $"http://{config.Server.Host}:{config.Server.Port}";
            }

            report ??= await AskAsync(address, arguments, cancellationToken);
            Write(shell, report, parsed.GetValue(json));
            return report.Healthy ? ExitCode.Ok : ExitCode.Failure;
        });
        return command;
    }

    private static async Task<DoctorObject> AskAsync(string address, DoctorArguments arguments, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new CommandException(
                $"'{address}' is no address of a server; expected one such as {PeriplonHttp.DefaultServer}", exitCode: ExitCode.Usage);
        }

        // An examination of millions takes as long as it takes.
        using var http = new PeriplonHttp(url, Timeout.InfiniteTimeSpan);
        try
        {
            var reply = await http.DoctorAsync(arguments.Repair, arguments.Checks, arguments.MaxExecutions, cancellationToken);
            return reply.Json.Deserialize(DoctorJson.Default.DoctorObject)!;
        }
        catch (ApiException exception)
        {
            throw new CommandException(exception.Message, exception.Details);
        }
    }

    private static void Write(CommandShell shell, DoctorObject report, bool json)
    {
        if (json)
        {
            shell.WriteJson(JsonSerializer.SerializeToNode(report, DoctorAnswers.Json.DoctorObject)!);
            return;
        }

        foreach (var finding in report.Findings)
        {
            shell.Out.WriteLine($"{finding.Severity}: {finding.Code} at {finding.Target}");
            shell.Out.WriteLine($"  Found:   {finding.Found}.");
            shell.Out.WriteLine($"  Matters: {finding.Matters}.");
            shell.Out.WriteLine(finding.Outcome is { } outcome ? $"  Repair:  {Say(outcome, finding)}." : $"  Advice:  {finding.Advice}.");
        }

        foreach (var check in report.Checks.Where(check => check.Problem is not null))
        {
            shell.Out.WriteLine($"error: check '{check.Name}' could not be carried out: {check.Problem}");
        }

        var looked = report.Checks.Sum(check => check.LookedAt);
        shell.Out.WriteLine(
            $"{report.Checks.Count} checks looked at {Counted.Of(looked, "thing")} in {report.Seconds:F1} s: "
            + $"{Counted.Of(report.Checks.Sum(check => check.Found), "finding")}.");
        foreach (var check in report.Checks.Where(check => check is { Complete: false, Problem: null }))
        {
            shell.Out.WriteLine($"Check '{check.Name}' did not look at everything (--max-executions).");
        }

        if (!report.Repair && report.Findings.Any(finding => finding.Repairable))
        {
            shell.Out.WriteLine($"'periplon doctor --repair' can mend {report.Findings.Count(finding => finding.Repairable)} of them.");
        }
    }

    private static string Say(string outcome, FindingObject finding) => outcome switch
    {
        "repaired" => "done, and noted in audit_logs",
        "gone" => "nothing to do any more",
        "not_possible" => $"not by itself. {finding.Advice}",
        _ => "failed; nothing was changed",
    };
}
