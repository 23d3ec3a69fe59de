using System.Text;

namespace Periplon.Torture.Ledger;

/// <summary>Follows the ledger's file. Lines are written whole, by appends that are short enough for one write.</summary>
internal sealed class LedgerReader(string path)
{
    private readonly Lock _gate = new();
    private readonly List<TaskRun> _runs = [];
    private readonly Dictionary<(AttemptKey, string, int), TaskRun> _open = [];
    private readonly Dictionary<Guid, List<TaskRun>> _byExecution = [];
    private readonly StringBuilder _rest = new();
    private long _position;

    /// <summary>Reads what has come since the last time.</summary>
    public void Read()
    {
        lock (_gate)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            file.Position = _position;
            using var reader = new StreamReader(file, Encoding.ASCII);
            _rest.Append(reader.ReadToEnd());
            _position = file.Position;
            var text = _rest.ToString();
            var whole = text.LastIndexOf('\n') + 1;
            _rest.Clear().Append(text, whole, text.Length - whole);
            foreach (var line in text[..whole].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                Add(LedgerLine.Parse(line));
            }
        }
    }

    /// <summary>All runs so far, in the order of their starts' lines.</summary>
    public IReadOnlyList<TaskRun> Runs
    {
        get
        {
            lock (_gate)
            {
                return [.. _runs];
            }
        }
    }

    /// <summary>Runs that have begun and not ended.</summary>
    public IReadOnlyList<TaskRun> Open
    {
        get
        {
            lock (_gate)
            {
                return [.. _open.Values];
            }
        }
    }

    /// <summary>The runs of one execution.</summary>
    public IReadOnlyList<TaskRun> Of(Guid execution)
    {
        lock (_gate)
        {
            return _byExecution.TryGetValue(execution, out var runs) ? [.. runs] : [];
        }
    }

    internal void Add(LedgerLine line)
    {
        var id = (line.Key, line.Life, line.Process);
        if (line.IsStart)
        {
            var run = new TaskRun(line);
            _runs.Add(run);
            _open[id] = run;
            if (!_byExecution.TryGetValue(run.Key.Execution, out var ofExecution))
            {
                _byExecution.Add(run.Key.Execution, ofExecution = []);
            }

            ofExecution.Add(run);
        }
        else if (_open.Remove(id, out var run))
        {
            run.EndedAt = line.At;
        }
        else
        {
            throw new FormatException($"The ledger has the end of {line.Key} in process {line.Process}, which never began");
        }
    }
}
