using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Periplon.Api.Requests;

/// <summary>A request's body, read whole: bounded, of a known content type, in UTF-8.</summary>
internal sealed class RequestBody
{
    public const string Json = "application/json";
    public const string Yaml = "application/yaml";

    private static readonly string[] _yamlTypes = [Yaml, "application/x-yaml", "text/yaml", "text/x-yaml"];
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private RequestBody(ReadOnlyMemory<byte> content, bool isYaml)
    {
        Content = content;
        IsYaml = isYaml;
    }

    /// <summary>The content types, JSON aside, of a route that takes a workflow file.</summary>
    public static string[] YamlTypes => _yamlTypes;

    public ReadOnlyMemory<byte> Content { get; }

    public bool IsYaml { get; }

    public bool IsEmpty => Content.IsEmpty;

    /// <summary>Reads the body of a route that takes JSON and, when <paramref name="yaml"/>, workflow files.</summary>
    public static async Task<RequestBody> ReadAsync(HttpContext context, bool yaml = false, bool optional = false)
    {
        var limit = context.RequestServices.GetRequiredService<IOptions<ApiOptions>>().Value.MaxBodyBytes;
        if (optional && context.Request.ContentType is null && context.Request.ContentLength is null or 0)
        {
            return new RequestBody(default, false);
        }

        var isYaml = ReadContentType(context.Request, yaml);
        var content = await ReadContentAsync(context, limit);
        return new RequestBody(WithoutByteOrderMark(content), isYaml);
    }

    /// <summary>Reads the body of a route that takes whatever a foreign service sends.</summary>
    public static async Task<RequestBody> ReadAnyAsync(HttpContext context)
    {
        var limit = context.RequestServices.GetRequiredService<IOptions<ApiOptions>>().Value.MaxBodyBytes;
        return new RequestBody(WithoutByteOrderMark(await ReadContentAsync(context, limit)), false);
    }

    /// <summary>Reads a body byte for byte as it came, as signatures need it.</summary>
    public static Task<ReadOnlyMemory<byte>> ReadBytesAsync(HttpContext context) => ReadContentAsync(
        context, context.RequestServices.GetRequiredService<IOptions<ApiOptions>>().Value.MaxBodyBytes);

    /// <summary>The body as JSON; one that is none becomes a JSON string, an empty one stays empty.</summary>
    public ReadOnlyMemory<byte> ReadJsonOrText()
    {
        if (IsEmpty)
        {
            return default;
        }

        try
        {
            using var _ = JsonDocument.Parse(Content, new JsonDocumentOptions { MaxDepth = 256 });
            return Content;
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToUtf8Bytes(ReadText(), ApiJson.Default.String);
        }
    }

    /// <summary>The body as text.</summary>
    public string ReadText()
    {
        try
        {
            return _strictUtf8.GetString(Content.Span);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ApiProblemException(ApiProblem.BadRequest(
                $"The body is not UTF-8: the bytes at offset {exception.Index} are not a character"));
        }
    }

    /// <summary>The body as a value, or the place and the reason why it is none.</summary>
    public T ReadJson<T>(JsonTypeInfo<T> type)
        where T : class
    {
        if (IsEmpty)
        {
            throw new ApiProblemException(ApiProblem.BadRequest("The body is empty; it must be a JSON object"));
        }

        try
        {
            return JsonSerializer.Deserialize(Content.Span, type)
                ?? throw new ApiProblemException(ApiProblem.BadRequest("The body is null; it must be a JSON object"));
        }
        catch (JsonException exception)
        {
            throw new ApiProblemException(Describe(exception));
        }
    }

    public static ApiProblem Describe(JsonException exception)
    {
        var line = (int)(exception.LineNumber ?? 0) + 1;
        var column = (int)(exception.BytePositionInLine ?? 0) + 1;
        var path = exception.Path is { Length: > 2 } at ? at[2..] : "";
        // The reader of JSON text adds its place to the message, the mapper names .NET types: neither is for the caller.
        var malformed = exception.InnerException is not null && exception.InnerException.GetType().Name == "JsonReaderException"
            || exception.GetType().Name == "JsonReaderException";
        var message = malformed
            ? exception.Message.Split(" Path:")[0].Split(" LineNumber:")[0]
            : path.Length == 0 ? "must be a JSON object" : "has a value of the wrong kind";
        var detail = malformed
            ? $"The body is not JSON: line {line}, column {column}: {message}"
            : $"The body is not as it must be: line {line}, column {column}: {(path.Length == 0 ? "it" : $"'{path}'")} {message}";
        return ApiProblem.BadRequest(detail, new ProblemError(path, message) { Line = line, Column = column });
    }

    private static bool ReadContentType(HttpRequest request, bool yaml)
    {
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            if (type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            if (yaml && _yamlTypes.Any(known => type.MediaType.Equals(known, StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        var allowed = yaml ? $"{Json} or {Yaml}" : Json;
        throw new ApiProblemException(ApiProblem.Create(
            415, $"Content type '{request.ContentType}' is not accepted here; send {allowed} in UTF-8"));
    }

    private static async Task<ReadOnlyMemory<byte>> ReadContentAsync(HttpContext context, long limit)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            // The server would count the framing of chunked bodies too; the loop below bounds what is kept.
            feature.MaxRequestBodySize = null;
        }

        if (context.Request.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > limit)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge(limit);
            }

            if (read.IsCompleted)
            {
                var content = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return content;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static ApiProblemException TooLarge(long limit) =>
        new(ApiProblem.Create(413, $"The body is larger than {limit} bytes, the most this server takes"));

    private static ReadOnlyMemory<byte> WithoutByteOrderMark(ReadOnlyMemory<byte> content) =>
        content.Span.StartsWith(Encoding.UTF8.Preamble) ? content[Encoding.UTF8.Preamble.Length..] : content;
}
