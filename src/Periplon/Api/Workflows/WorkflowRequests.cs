using System.Text;
using System.Text.Json;
using Periplon.Api.Requests;
using Periplon.Client.Workflows;

namespace Periplon.Api.Workflows;

/// <summary>Reads the bodies of workflow requests.</summary>
internal static class WorkflowRequests
{
    private const int MaxDescription = 4096;
    private const int MaxTags = 64;
    private const int MaxTag = 128;

    /// <summary>What to store: from a JSON request, or from a body that is the workflow file itself.</summary>
    public static SaveWorkflow ReadSave(RequestBody body, CallerIdentity caller)
    {
        if (body.IsYaml)
        {
            return new SaveWorkflow { Organization = caller.Organization, Definition = body.ReadText(), By = caller.User };
        }

        var request = body.ReadJson(ApiJson.Default.SaveWorkflowRequest);
        Check(request);
        return new SaveWorkflow
        {
            Organization = caller.Organization,
            Definition = request.Definition is { } definition ? ToText(definition.Utf8) : null,
            Description = request.Description,
            Tags = request.Tags,
            IsActive = request.IsActive,
            By = caller.User,
        };
    }

    /// <summary>The text to check: the body itself, or its <c>definition</c>.</summary>
    public static string ReadDefinition(RequestBody body)
    {
        if (body.IsYaml)
        {
            return body.ReadText();
        }

        try
        {
            using var document = JsonDocument.Parse(body.Content);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("definition", out var definition)
                ? ToText(Encoding.UTF8.GetBytes(definition.GetRawText()))
                : body.ReadText();
        }
        catch (JsonException exception)
        {
            throw new ApiProblemException(RequestBody.Describe(exception));
        }
    }

    private static void Check(SaveWorkflowRequest request)
    {
        var fields = new QueryReader();
        foreach (var name in request.Unknown?.Keys ?? Enumerable.Empty<string>())
        {
            fields.Refuse(name, "is not known; allowed are definition, description, tags, is_active");
        }

        if (request.Description?.Length > MaxDescription)
        {
            fields.Refuse("description", $"has {request.Description.Length} characters; at most {MaxDescription} are allowed");
        }

        if (request.Tags?.Count > MaxTags)
        {
            fields.Refuse("tags", $"has {request.Tags.Count} entries; at most {MaxTags} are allowed");
        }

        // A comma separates tags in the list's filter, so a tag that holds one could never be found.
        foreach (var tag in request.Tags ?? [])
        {
            if (tag is not { Length: > 0 and <= MaxTag } || tag.Contains(',', StringComparison.Ordinal))
            {
                fields.Refuse("tags", $"'{tag}' is not a tag; a tag has 1 to {MaxTag} characters and no comma");
            }
        }

        fields.ThrowIfRefused();
    }

    private static string ToText(ReadOnlyMemory<byte> json)
    {
        if (json.Span[0] == (byte)'"')
        {
            var reader = new Utf8JsonReader(json.Span);
            reader.Read();
            return reader.GetString()!;
        }

        return json.Span[0] == (byte)'{'
            ? Encoding.UTF8.GetString(json.Span)
            : throw new ApiProblemException(ApiProblem.BadRequest(
                "definition: must be the workflow as YAML text or as a JSON object",
                new ProblemError("definition", "must be the workflow as YAML text or as a JSON object")));
    }
}
