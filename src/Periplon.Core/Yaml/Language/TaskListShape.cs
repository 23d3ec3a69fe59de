using System.Text.Json.Nodes;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Language;

/// <summary>
/// Tasks in order: a list of mappings from id to task, each with one or more, a list of bare ids, or one mapping. The path of a
/// task is <c>subtasks.id</c> in each of these forms.
/// </summary>
internal sealed class TaskListShape : Shape<IReadOnlyList<TaskDefinition>>
{
    internal static readonly TaskListShape AsList = new();

    internal static readonly Shape<IReadOnlyDictionary<string, TaskDefinition>> AsMap = AsList.As(ToMap);

    internal override bool AcceptsNull => true;

    internal override bool ReadsNull => true;

    internal override IReadOnlyList<TaskDefinition> Read(Cursor at)
    {
        var tasks = new List<TaskDefinition>();
        var seen = new Dictionary<string, MapEntry>(StringComparer.Ordinal);
        switch (at.Node)
        {
            case MapNode map:
                ReadMap(at, map, seen, tasks);
                break;
            case ListNode list:
                for (var i = 0; i < list.Items.Count; i++)
                {
                    ReadItem(at, i, list.Items[i], seen, tasks);
                }

                break;
            default:
                if (!at.IsNull)
                {
                    at.Error(DiagnosticCodes.WrongType, $"{at.Name} must be a list of tasks; found {at.Found}.",
                        "Write '- id: {description: …}' items.");
                }

                break;
        }

        return tasks;
    }

    internal override JsonObject Describe(SchemaDefinitions definitions) => definitions.Refer("TaskList", () =>
    {
        var task = SchemaForms.OrNull(TaskLanguage.Task.Describe(definitions));
        var map = new JsonObject { ["type"] = "object", ["additionalProperties"] = task };
        var item = new JsonObject { ["anyOf"] = new JsonArray(SchemaForms.AnyScalar, map) };
        var list = new JsonObject { ["type"] = "array", ["items"] = item };
        return new JsonObject { ["anyOf"] = new JsonArray(list, map.DeepClone(), new JsonObject { ["type"] = "null" }) };
    });

    private static void ReadItem(Cursor at, int index, Node item, Dictionary<string, MapEntry> seen, List<TaskDefinition> tasks)
    {
        switch (item)
        {
            case MapNode map:
                ReadMap(at, map, seen, tasks);
                break;
            case ScalarNode { Kind: not ScalarKind.Null, Text: var id }:
                var entry = new MapEntry(id, item.At, item);
                if (IsNew(at, entry, seen))
                {
                    at.Entry(entry);
                    tasks.Add(new TaskDefinition { Id = id });
                }

                break;
            default:
                var wrong = at.Item(index, item);
                wrong.Error(DiagnosticCodes.WrongType,
                    $"{wrong.Name} must be a task id or a mapping from id to task; found {wrong.Found}.");
                break;
        }
    }

    private static void ReadMap(Cursor at, MapNode map, Dictionary<string, MapEntry> seen, List<TaskDefinition> tasks)
    {
        Duplicates.Refuse(at, map);
        foreach (var entry in map.Entries)
        {
            if (IsNew(at, entry, seen))
            {
                tasks.Add(TaskLanguage.Task.Read(at.Entry(entry)));
            }
        }
    }

    private static bool IsNew(Cursor at, MapEntry entry, Dictionary<string, MapEntry> seen)
    {
        if (seen.TryAdd(entry.Key, entry))
        {
            return true;
        }

        var first = seen[entry.Key].KeyAt;
        at.Reading.Error(DiagnosticCodes.DuplicateField,
            $"{at.Name} has the task {Wording.Quote(entry.Key)} twice: at {Wording.Place(first)} and at {Wording.Place(entry.KeyAt)}.",
            entry.KeyAt, at.PathOf(entry.Key), "Give each task an id of its own.");
        return false;
    }

    private static IReadOnlyDictionary<string, TaskDefinition> ToMap(IReadOnlyList<TaskDefinition> tasks)
    {
        var map = new OrderedDictionary<string, TaskDefinition>(StringComparer.Ordinal);
        // After a finding a task may be missing; nobody sees the map then.
        foreach (var task in tasks.Where(task => task is not null))
        {
            map[task.Id] = task;
        }

        return map;
    }
}
