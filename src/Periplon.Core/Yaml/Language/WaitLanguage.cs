using System.Text.Json;
using System.Text.Json.Nodes;
using Periplon.Core.Workflows;
using Periplon.Core.Yaml.Shapes;
using Periplon.Core.Yaml.Syntax;

namespace Periplon.Core.Yaml.Language;

/// <summary>Tasks that wait: for a time, a signal or a person (design §8.8).</summary>
internal static class WaitLanguage
{
    /// <summary>A duration, or text with references that becomes one when the task runs.</summary>
    private static readonly Shape<JsonElement> Length = new CustomShape<JsonElement>(
        at => at.Node is ScalarNode { Kind: ScalarKind.Text, Text: var text }
            && (text.Contains("${", StringComparison.Ordinal) || text.Contains("{{", StringComparison.Ordinal))
            ? JsonShape.Any.Read(at)
            : JsonShape.Number(Scalars.Duration.Read(at)),
        definitions => new JsonObject
        {
            ["anyOf"] = new JsonArray(
                Scalars.Duration.Describe(definitions), new JsonObject { ["type"] = "string", ["pattern"] = @"\$\{|\{\{" }),
        });

    internal static readonly Shape<SleepDefinition> Sleep = new ByKindShape<SleepDefinition>(
        Length.As(seconds => new SleepDefinition(seconds, null)),
        null,
        new StructShape<SleepDefinition>("Sleep", f => OneOf(f, "seconds", "until", new SleepDefinition(
            f.OptionalValue("seconds", Length, "Length in seconds; may be text with references."),
            f.Text("until", "Time at which it ends (RFC 3339); may hold references.")))));

    internal static readonly Shape<WaitForDefinition> WaitFor = new ByKindShape<WaitForDefinition>(
        Scalars.Text.As(signal => new WaitForDefinition(signal, null, null, null)),
        null,
        new StructShape<WaitForDefinition>("WaitFor", f => OneOf(f, "signal", "webhook", new WaitForDefinition(
            f.Text("signal", "Signal name."),
            f.Text("webhook", "Webhook name."),
            f.Seconds("timeout_secs", "Longest wait, in seconds.", "timeout"),
            f.OptionalValue("default", JsonShape.Any, "Value taken when the time is up; none fails the task.")))));

    private static readonly Shape<ApprovalDefinition> ApprovalFields =
        new StructShape<ApprovalDefinition>("Approval", f => new ApprovalDefinition
    {
        Approvers =
            f.List("approvers", Scalars.Text, "Users, teams or roles that may decide; empty means anybody with the permission.", "who"),
        Message = f.Text("message", "What is to be decided; may hold references."),
        TimeoutSecs = f.Seconds("timeout_secs", "Longest wait, in seconds.", "timeout"),
        Default = f.Optional("default", Choice.Of("approve", "reject"), "Decision taken when the time is up; none fails the task."),
    });

    /// <summary>True, the message, the approvers, or all of it.</summary>
    internal static readonly Shape<ApprovalDefinition?> Approval = new ByKindShape<ApprovalDefinition?>(
        new CustomShape<ApprovalDefinition?>(ReadShortApproval, _ => SchemaForms.AnyScalar),
        new ListShape<string>(Scalars.Text).As<ApprovalDefinition?>(who => new ApprovalDefinition { Approvers = who }),
        ApprovalFields.As<ApprovalDefinition?>(approval => approval));

    private static ApprovalDefinition? ReadShortApproval(Cursor at) => (ScalarNode)at.Node switch
    {
        { Kind: ScalarKind.Bool } => Scalars.Bool.Read(at) ? new ApprovalDefinition() : null,
        { Text: var message } => new ApprovalDefinition { Message = message },
    };

    private static T OneOf<T>(Fields f, string first, string second, T value)
    {
        f.ExactlyOne(first, second);
        return value;
    }
}
