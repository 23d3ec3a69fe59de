using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json;
using Periplon.Configuration;
using Periplon.Core.Names;
using Periplon.Http;

namespace Periplon.Commands;

/// <summary>What the commands that talk to a server share.</summary>
internal sealed class ClientCommand
{
    private readonly CommandShell _shell;
    private readonly Option<string?> _server = new("--server")
    {
        Description = $"Address of the server (default: PERIPLON_SERVER, else {PeriplonHttp.DefaultServer})",
        HelpName = "URL",
    };

    private readonly Option<bool> _json = CommonOptions.Json();

    private ClientCommand(CommandShell shell)
    {
        _shell = shell;
    }

    /// <summary>A command that runs a body against the server.</summary>
    /// <param name="shell">The process.</param>
    /// <param name="name">Name of the command.</param>
    /// <param name="description">What it does.</param>
    /// <param name="symbols">Its own arguments and options.</param>
    /// <param name="body">The body.</param>
    public static Command Create(
        CommandShell shell, string name, string description, IEnumerable<Symbol> symbols,
        Func<ClientCall, CancellationToken, Task<int>> body)
    {
        var client = new ClientCommand(shell);
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.Add(client._server);
        command.Add(client._json);
        command.SetAction((parsed, cancellationToken) => client.RunAsync(parsed, body, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(
        ParseResult parsed, Func<ClientCall, CancellationToken, Task<int>> body, CancellationToken cancellationToken)
    {
        var address = parsed.GetValue(_server) ?? _shell.Variables.GetValueOrDefault("PERIPLON_SERVER");
        address = string.IsNullOrEmpty(address) ? PeriplonHttp.DefaultServer : address;
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new CommandException(
                $"'{address}' is no address of a server; expected one such as {PeriplonHttp.DefaultServer}", exitCode: ExitCode.Usage);
        }

        using var http = new PeriplonHttp(url);
        try
        {
            return await body(new ClientCall(_shell, http, parsed, parsed.GetValue(_json)), cancellationToken);
        }
        catch (ApiException exception)
        {
            throw new CommandException(exception.Message, exception.Details);
        }
    }
}

/// <summary>One run of a client command.</summary>
internal sealed record ClientCall(CommandShell Shell, PeriplonHttp Http, ParseResult Parsed, bool Json)
{
    /// <summary>Prints the server's answer as it came.</summary>
    public int Print(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Undefined)
        {
            Shell.WriteJson(JsonNode.Parse(json.GetRawText())!);
        }

        return ExitCode.Ok;
    }

    /// <summary>The workflow of an id or a name.</summary>
    public async Task<Reply<WorkflowItem>> FindWorkflowAsync(string nameOrId, CancellationToken cancellationToken)
    {
        if (Guid.TryParse(nameOrId, out _))
        {
            return await Http.GetWorkflowAsync(nameOrId, cancellationToken);
        }

        if (await FindIdAsync(nameOrId, cancellationToken) is { } id)
        {
            return await Http.GetWorkflowAsync(id, cancellationToken);
        }

        var all = await Http.ListWorkflowsAsync(null, 100, 0, cancellationToken);
        var nearest = NearestName.Find(nameOrId, all.Value.Workflows.Select(each => each.Name));
        throw new CommandException(
            $"there is no workflow '{nameOrId}'" + (nearest is null ? "; see 'periplon workflows list'" : $"; did you mean '{nearest}'?"));
    }

    /// <summary>The id of the workflow with exactly this name, or null. The server's filter finds parts of names.</summary>
    public async Task<string?> FindIdAsync(string name, CancellationToken cancellationToken)
    {
        const int Limit = 100;
        for (var offset = 0; ; offset += Limit)
        {
            var page = (await Http.ListWorkflowsAsync(name, Limit, offset, cancellationToken)).Value.Workflows;
            if (page.FirstOrDefault(each => each.Name == name) is { } found)
            {
                return found.Id;
            }

            if (page.Count < Limit)
            {
                return null;
            }
        }
    }

    public static string Time(DateTimeOffset? at) =>
        at is { } time ? time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "";

    public static string Duration(DateTimeOffset? from, DateTimeOffset? to) =>
        from is { } start && to is { } end ? Durations.Text(end - start) : "";
}
