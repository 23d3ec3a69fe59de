using System.Text.Json;
using Periplon.Commands;
using Periplon.Core.Inputs;

namespace Periplon.Plans;

/// <summary>A plan as text: waves of tasks, what each would do, what is inside it.</summary>
internal static class PlanText
{
    public static void Write(TextWriter writer, RunPlan plan)
    {
        var main = plan.Sections.FirstOrDefault(section => section.Kind == "tasks");
        var stages = plan.Sections.Where(section => section.Kind == "stage").ToArray();
        string[] parts =
        [
            .. main is null ? Array.Empty<string>() : [Counted.Of(main.Waves.Count, "wave")],
            .. stages.Length == 0 ? Array.Empty<string>() : [Counted.Of(stages.Length, "stage")],
        ];
        var waves = parts.Length == 0 ? "" : $" in {string.Join(" and ", parts)}";
        var count = plan.Sections.Where(section => section == main || section.Kind == "stage")
            .Sum(section => section.Waves.Sum(wave => wave.Count));
        writer.WriteLine($"Plan of {CellText.Printable(plan.Name)} {CellText.Printable(plan.Version)}: "
            + $"{Counted.Of(count, "task")}{waves}, at most {plan.MaxParallel} at a time");
        foreach (var (name, value) in plan.Inputs)
        {
            writer.WriteLine($"  input {name} = {(IsMasked(value) ? SecretInputs.Mark : JsonText.Of(value))}");
        }

        foreach (var name in plan.MissingInputs)
        {
            writer.WriteLine($"  input {name} is required; give it with --input {name}=VALUE");
        }

        foreach (var section in plan.Sections)
        {
            writer.WriteLine();
            WriteSection(writer, section, "");
        }
    }

    private static void WriteSection(TextWriter writer, PlanSection section, string indent)
    {
        var title = Title(section);
        if (title.Length > 0)
        {
            writer.WriteLine($"{indent}{title}:");
            indent += "  ";
        }

        for (var i = 0; i < section.Waves.Count; i++)
        {
            // Inside a task one wave is the usual case, which needs no number.
            var numbered = section.Kind is "tasks" || section.Waves.Count > 1;
            if (numbered)
            {
                writer.WriteLine($"{indent}wave {i + 1}");
            }

            var wave = section.Waves[i];
            var idWidth = wave.Max(step => CellText.Width(CellText.Printable(step.Id)));
            var kindWidth = wave.Max(step => step.Kind.Length);
            foreach (var step in wave)
            {
                WriteStep(writer, step, numbered ? indent + "  " : indent, Math.Min(idWidth, 32), kindWidth);
            }
        }
    }

    private static void WriteStep(TextWriter writer, PlanStep step, string indent, int idWidth, int kindWidth)
    {
        var id = CellText.Printable(step.Id);
        var padded = id + new string(' ', Math.Max(0, idWidth - CellText.Width(id)));
        writer.WriteLine($"{indent}{padded}  {step.Kind.PadRight(kindWidth)}  {step.Does}".TrimEnd());
        var inner = indent + "    ";
        foreach (var note in Notes(step))
        {
            writer.WriteLine(inner + note);
        }

        if (step.Loop is { } loop)
        {
            WriteLoop(writer, loop, inner);
        }

        foreach (var section in step.Sections)
        {
            WriteSection(writer, section, inner);
        }
    }

    private static IEnumerable<string> Notes(PlanStep step)
    {
        if (step.After.Count > 0)
        {
            yield return "after " + string.Join(", ", step.After.Select(CellText.Printable));
        }

        if (step.Condition is { } condition)
        {
            yield return "if " + CellText.Printable(condition);
        }

        string[] bounds =
        [
            .. step.Attempts > 1 ? [$"up to {step.Attempts} attempts"] : Array.Empty<string>(),
            .. step.TimeoutSecs is { } seconds ? [$"at most {TaskDeeds.Seconds(seconds)} each"] : Array.Empty<string>(),
            .. step.ContinueOnError ? ["a failure does not stop the workflow"] : Array.Empty<string>(),
        ];
        if (bounds.Length > 0)
        {
            yield return string.Join(", ", bounds);
        }
    }

    private static void WriteLoop(TextWriter writer, PlanLoop loop, string indent)
    {
        var parallel = loop.MaxParallel > 1 && loop.Count is not 1 ? $", {loop.MaxParallel} at a time" : "";
        writer.WriteLine($"{indent}{CellText.Printable(loop.Text)}{parallel}");
        var expected = 0L;
        foreach (var iteration in loop.Iterations)
        {
            if (iteration.Index > expected)
            {
                writer.WriteLine($"{indent}  … {iteration.Index - expected} more");
            }

            var values = string.Join(", ", iteration.Values.Select(pair => $"{pair.Key} = {JsonText.Of(pair.Value, 40)}"));
            writer.WriteLine($"{indent}  [{iteration.Index}] {values}{(iteration.Does.Length > 0 ? ": " + iteration.Does : "")}");
            expected = iteration.Index + 1;
        }
    }

    private static bool IsMasked(JsonElement value) => value.ValueKind is JsonValueKind.String && value.ValueEquals(SecretInputs.Mark);

    private static string Title(PlanSection section)
    {
        var after = section.After.Count > 0 ? $" (after {string.Join(", ", section.After)})" : "";
        return CellText.Printable(section.Kind switch
        {
            "tasks" => "",
            "stage" => $"stage {section.Name}{after}",
            "case" => section.Name == "default" ? "otherwise" : $"case {section.Name}",
            "subflow" => $"subflow {section.Name}",
            "hooks" => $"hooks {section.Name}{after}",
            "on_failure" => "on failure",
            "finally" => "at the end",
            _ => section.Kind,
        });
    }
}
