using System.Reflection;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace Periplon.Api;

/// <summary>What the OpenAPI document says beyond what the routes tell by themselves.</summary>
internal static class ApiDocument
{
    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer(DescribeApi);
        options.AddOperationTransformer(NameOperation);
        options.AddSchemaTransformer(DescribeTime);
    }

    private static Task DescribeApi(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken _)
    {
        document.Info.Title = "Periplon";
        document.Info.Version = context.ApplicationServices.GetRequiredService<IOptions<ApiOptions>>().Value.Version;
        document.Info.Description = "Workflows and their executions. Errors are application/problem+json.";
        // The server is wherever the document was read from.
        document.Servers?.Clear();
        return Task.CompletedTask;
    }

    // The handler's name is the operation's: generated clients get the same words as the code.
    private static Task NameOperation(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken _)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.OperationId ??= metadata.OfType<MethodInfo>().FirstOrDefault()?.Name;
        var permission = metadata.OfType<PermissionMetadata>().FirstOrDefault()?.Permission;
        operation.Description ??= permission is null or Permissions.Public ? null : $"Needs the permission {permission}.";
        return Task.CompletedTask;
    }

    // The converter of times hides their JSON type from the generator.
    private static Task DescribeTime(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken _)
    {
        if (context.JsonTypeInfo.Type == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String;
        }
        else if (context.JsonTypeInfo.Type == typeof(DateTimeOffset?))
        {
            schema.Type = JsonSchemaType.String | JsonSchemaType.Null;
        }

        return Task.CompletedTask;
    }
}
