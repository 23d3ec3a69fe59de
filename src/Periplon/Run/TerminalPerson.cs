using Periplon.Client.Executions;
using Periplon.Commands;

namespace Periplon.Run;

/// <summary>The person at the terminal; without one, what is awaited is still said on standard error.</summary>
internal sealed class TerminalPerson(CommandShell shell) : ILocalPerson
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;

    public void Tell(string awaited) => shell.Error.WriteLine($"Waiting: {awaited}");

    public Task<LocalDecision?> AskAsync(ApprovalView approval, CancellationToken cancellationToken)
    {
        if (shell.In is not { } input)
        {
            return Task.FromResult<LocalDecision?>(null);
        }

        lock (_gate)
        {
            // One question at a time: two on one terminal could not be told apart.
            var asked = AskAsync(approval, input, _last, cancellationToken);
            _last = asked;
            return asked;
        }
    }

    private async Task<LocalDecision?> AskAsync(ApprovalView approval, TextReader input, Task before, CancellationToken cancellationToken)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        var message = string.IsNullOrEmpty(approval.Message) ? "" : $": {approval.Message}";
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            shell.Error.WriteLine($"Task '{approval.Task}' asks for approval{message}");
            shell.Error.Write("Approve? [yes|no, and a comment if you like] ");

            // A read of the terminal hears no token: when the run ends before the answer, the thread ends with the program.
            var line = await Task.Run(input.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);
            if (line is null)
            {
                return null;
            }

            if (Read(line.Trim()) is { } decision)
            {
                return decision;
            }
        }
    }

    private static LocalDecision? Read(string line)
    {
        var (word, comment) = line.Split(' ', 2) is [var first, var rest] ? (first, rest.Trim()) : (line, null);
        return word.TrimEnd(',').ToLowerInvariant() switch
        {
            "y" or "yes" or "approve" => new LocalDecision(true, Comment: comment),
            "n" or "no" or "reject" => new LocalDecision(false, Comment: comment),
            _ => null,
        };
    }
}
