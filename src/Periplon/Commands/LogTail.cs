using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Http;

namespace Periplon.Commands;

/// <summary>Prints the log of an execution page by page and, when it follows, as it grows.</summary>
internal sealed class LogTail(ClientCall call, string id, string? level, string? task)
{
    private const int PageSize = 1000;
    private const int LongPollSecs = 20;

    public async Task<int> RunAsync(bool follow, CancellationToken cancellationToken)
    {
        var collected = new JsonArray();
        var after = 0L;
        while (true)
        {
            var reply = await call.Http.LogsAsync(id, after, PageSize, level, task, follow ? LongPollSecs : null, cancellationToken);
            var raw = reply.Json.GetProperty("logs");
            for (var index = 0; index < reply.Value.Logs.Count; index++)
            {
                Print(reply.Value.Logs[index], raw[index], follow, collected);
                after = reply.Value.Logs[index].Id;
            }

            if (reply.Value.Finished || (!follow && reply.Value.Logs.Count < PageSize))
            {
                break;
            }
        }

        if (call.Json && !follow)
        {
            call.Shell.WriteJson(new JsonObject { ["execution_id"] = id, ["logs"] = collected, ["total"] = collected.Count });
        }

        return ExitCode.Ok;
    }

    private void Print(LogItem line, JsonElement raw, bool follow, JsonArray collected)
    {
        if (!call.Json)
        {
            var at = line.Timestamp.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
            var of = line.Metadata?.Task is { } path ? $"[{path}] " : "";
            call.Shell.Out.WriteLine($"{at} {line.Level,-7} {of}{line.Message}");
        }
        else if (follow)
        {
            // One object a line: an endless document could not be read.
            call.Shell.Out.WriteLine(JsonNode.Parse(raw.GetRawText())!.ToJsonString());
        }
        else
        {
            collected.Add(JsonNode.Parse(raw.GetRawText()));
        }
    }
}
