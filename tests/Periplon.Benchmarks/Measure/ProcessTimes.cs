using System.Globalization;

namespace Periplon.Benchmarks.Measure;

/// <summary>Processor times as the kernel counts them below <c>/proc</c>.</summary>
internal static class ProcessTimes
{
    // USER_HZ, the same on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>
    /// What a process and its children have used together, those included that have ended; null when the process cannot be seen.
    /// </summary>
    public static TimeSpan? OfFamily(int process)
    {
        if (Read(process) is not { } parent)
        {
            return null;
        }

        var ticks = parent.Own + parent.EndedChildren;
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path), out var id) && Read(id) is { } stat && stat.Parent == process)
            {
                ticks += stat.Own;
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>The parent of a process of a certain name; null when there is no such process here.</summary>
    public static int? ParentOf(int process, string name) => Read(process) is { } stat && stat.Name == name ? stat.Parent : null;

    /// <summary>Reads a line of <c>/proc/ID/stat</c>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static ProcessStat Parse(string line)
    {
        // The name stands in parentheses and may hold any character, parentheses and blanks too.
        var (open, close) = (line.IndexOf('('), line.LastIndexOf(')'));
        var fields = close > open && open >= 0 ? line[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];
        if (fields.Length < 15)
        {
            throw new FormatException($"'{line}' is not the state of a process");
        }

        long Number(int field) => long.Parse(fields[field], CultureInfo.InvariantCulture);
        return new ProcessStat(line[(open + 1)..close], (int)Number(1), Number(11) + Number(12), Number(13) + Number(14));
    }

    private static ProcessStat? Read(int process)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{process}/stat"));
        }
        catch (IOException)
        {
            // It has ended meanwhile, or this system has no such files.
            return null;
        }
    }
}

/// <summary>State of a process.</summary>
/// <param name="Name">Name of the program, at most 15 characters.</param>
/// <param name="Parent">Process id of the parent.</param>
/// <param name="Own">Ticks it has used itself.</param>
/// <param name="EndedChildren">Ticks of children that have ended.</param>
internal sealed record ProcessStat(string Name, int Parent, long Own, long EndedChildren);
