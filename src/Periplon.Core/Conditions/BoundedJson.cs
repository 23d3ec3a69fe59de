using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;

namespace Periplon.Core.Conditions;

/// <summary>
/// Writes a JavaScript value as JSON up to a size, so that a value that repeats one large text many times cannot fill the memory: the
/// engine's own writer checks its bounds too late for that. <c>toJSON</c> is not asked.
/// </summary>
internal sealed class BoundedJson(Engine engine, int maxSize)
{
    private const int MaxDepth = 60;
    private const int StepsBetweenChecks = 256;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private long _spent;
    private int _steps;

    /// <summary>The JSON of a value; null when it has none, as undefined and functions.</summary>
    internal ReadOnlyMemory<byte>? Write(JsValue value)
    {
        if (!HasJson(value))
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Readable))
        {
            Write(writer, value, 0);
        }

        return buffer.WrittenMemory;
    }

    /// <summary>The same, as a text.</summary>
    internal string? WriteText(JsValue value) => Write(value) is { } json ? Encoding.UTF8.GetString(json.Span) : null;

    private static bool HasJson(JsValue value) => !value.IsUndefined() && !value.IsSymbol() && value is not Jint.Native.Function.Function;

    private void Write(Utf8JsonWriter writer, JsValue value, int depth)
    {
        Spend(1);
        if (value.IsString())
        {
            var text = value.AsString();
            Spend(text.Length);
            writer.WriteStringValue(text);
        }
        else if (value.IsBoolean())
        {
            writer.WriteBooleanValue(value.AsBoolean());
        }
        else if (value.IsNumber() && double.IsFinite(value.AsNumber()))
        {
            writer.WriteRawValue(TypeConverter.ToString(value));
        }
        else if (value.IsObject() && HasJson(value))
        {
            WriteObject(writer, value.AsObject(), depth + 1);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private void WriteObject(Utf8JsonWriter writer, ObjectInstance value, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new JavaScriptException(engine.Intrinsics.Error, $"The value is nested deeper than {MaxDepth} levels, or holds itself");
        }

        if (value is JsArray array)
        {
            writer.WriteStartArray();
            for (uint i = 0; i < array.Length; i++)
            {
                Write(writer, array[i], depth);
            }

            writer.WriteEndArray();
            return;
        }

        writer.WriteStartObject();
        foreach (var key in value.GetOwnPropertyKeys(Types.String))
        {
            Spend(1);
            if (value.GetOwnProperty(key).Enumerable && value.Get(key) is { } member && HasJson(member))
            {
                var name = key.ToString();
                Spend(name.Length);
                writer.WritePropertyName(name);
                Write(writer, member, depth);
            }
        }

        writer.WriteEndObject();
    }

    private void Spend(int size)
    {
        _spent += size;
        if (_spent > maxSize)
        {
            throw new JavaScriptException(engine.Intrinsics.Error, $"The JSON text would be longer than {maxSize} characters");
        }

        if (++_steps % StepsBetweenChecks == 0)
        {
            engine.Constraints.Check();
        }
    }
}
