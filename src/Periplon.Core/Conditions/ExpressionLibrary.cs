using System.Text;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime;
using Jint.Runtime.Interop;

namespace Periplon.Core.Conditions;

/// <summary>
/// Takes from JavaScript's library what has a clock, chance or memory of its own, and bounds the functions that make a large text of a
/// small one in a single call, between the engine's own checks.
/// </summary>
internal static class ExpressionLibrary
{
    private const int ItemsBetweenChecks = 256;

    private static readonly string[] Removed =
    [
        "Date", "Temporal", "Intl", "Atomics", "SharedArrayBuffer", "ArrayBuffer", "DataView", "Int8Array", "Uint8Array",
        "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "Float16Array", "Float32Array", "Float64Array",
        "BigInt64Array", "BigUint64Array", "BigInt", "WeakRef", "FinalizationRegistry", "ShadowRealm", "Reflect", "Proxy", "Symbol",
        "Promise", "eval", "Function", "globalThis", "Iterator", "AsyncDisposableStack", "DisposableStack", "escape", "unescape",
    ];

    internal static void Restrict(Engine engine, int maxText)
    {
        // Prototypes are fetched before their ways in are removed.
        var math = engine.Global.Get("Math").AsObject();
        var json = engine.Global.Get("JSON").AsObject();
        var text = Prototype(engine, "String");
        var array = Prototype(engine, "Array");
        foreach (var name in Removed)
        {
            engine.Global.Delete(name);
        }

        // Symbols are the way to the regular expressions' own replace function, past the bound below.
        engine.Global.Get("Object").AsObject().Delete("getOwnPropertySymbols");
        array.Delete("toLocaleString");
        Replace(engine, math, "random", (_, _) => throw Fail(
            engine, "Math.random() is not available: a recorded execution must give the same answers when it is replayed"));
        Replace(engine, json, "stringify", (_, arguments) => Stringify(engine, arguments, maxText));
        Replace(engine, array, "join", (self, arguments) => Join(engine, self, arguments.At(0), maxText));
        Bound(engine, text, "repeat", maxText, AsNumberAndText, (self, arguments) => self.Length * arguments.At(0).AsNumber());
        Bound(engine, text, "padStart", maxText, AsNumberAndText, (_, arguments) => arguments.At(0).AsNumber());
        Bound(engine, text, "padEnd", maxText, AsNumberAndText, (_, arguments) => arguments.At(0).AsNumber());
        Bound(engine, text, "concat", maxText, AsTexts, (self, arguments) => self.Length + arguments.Sum(a => (double)a.AsString().Length));
        Bound(engine, text, "replace", maxText, AsReplacement, LengthAfterReplace);
        Bound(engine, text, "replaceAll", maxText, AsReplacement, LengthAfterReplace);
    }

    private static ObjectInstance Prototype(Engine engine, string type) => engine.Global.Get(type).AsObject().Get("prototype").AsObject();

    // Arguments are converted once, before the check: an object could answer the check with one value and the function with another.
    private static void Bound(
        Engine engine,
        ObjectInstance owner,
        string name,
        int maxText,
        Func<JsValue[], JsValue[]> convert,
        Func<string, JsValue[], double> lengthOfResult)
    {
        var original = owner.Get(name);
        Replace(engine, owner, name, (self, arguments) =>
        {
            var text = TypeConverter.ToString(self);
            var converted = convert(arguments);
            return lengthOfResult(text, converted) > maxText ? throw TooLong(engine, name, maxText) : original.Call(text, converted);
        });
    }

    private static JsValue[] AsNumberAndText(JsValue[] arguments)
    {
        JsValue number = TypeConverter.ToNumber(arguments.At(0));
        return arguments.Length < 2 || arguments[1].IsUndefined() ? [number] : [number, TypeConverter.ToString(arguments[1])];
    }

    private static JsValue[] AsTexts(JsValue[] arguments) => [.. arguments.Select(argument => (JsValue)TypeConverter.ToString(argument))];

    private static JsValue[] AsReplacement(JsValue[] arguments)
    {
        var pattern = arguments.At(0).IsRegExp() ? arguments.At(0) : TypeConverter.ToString(arguments.At(0));
        var isFunction = arguments.At(1) is Jint.Native.Function.Function;
        return [pattern, isFunction ? arguments.At(1) : TypeConverter.ToString(arguments.At(1))];
    }

    // Each letter of the text may be a match, and so may its end; $& and $` put in up to the whole text for each.
    private static double LengthAfterReplace(string self, JsValue[] arguments)
    {
        if (!arguments.At(1).IsString())
        {
            // What a function gives back is counted by the engine, call by call.
            return 0;
        }

        var replacement = arguments.At(1).AsString();
        var each = replacement.Contains('$', StringComparison.Ordinal)
            ? replacement.Length * (double)Math.Max(1, self.Length)
            : replacement.Length;
        return self.Length + ((self.Length + 1) * each);
    }

    private static JsValue Join(Engine engine, JsValue self, JsValue separator, int maxText)
    {
        var list = self.IsObject() ? self.AsObject() : throw Fail(engine, "join needs an array");
        var between = separator.IsUndefined() ? "," : TypeConverter.ToString(separator);
        var length = TypeConverter.ToLength(list.Get("length"));
        var joined = new StringBuilder();
        for (ulong i = 0; i < length; i++)
        {
            if (i % ItemsBetweenChecks == 0)
            {
                engine.Constraints.Check();
            }

            joined.Append(i == 0 ? "" : between);
            var item = list.Get(i.ToString());
            joined.Append(item.IsNull() || item.IsUndefined() ? "" : TypeConverter.ToString(item));
            if (joined.Length > maxText)
            {
                throw TooLong(engine, "join", maxText);
            }
        }

        return joined.ToString();
    }

    private static JsValue Stringify(Engine engine, JsValue[] arguments, int maxText)
    {
        if (!arguments.At(1).IsUndefined() || !arguments.At(2).IsUndefined())
        {
            throw Fail(engine, "JSON.stringify takes the value only; a replacer and indentation are not available in expressions");
        }

        return new BoundedJson(engine, maxText).WriteText(arguments.At(0)) is { } json ? json : JsValue.Undefined;
    }

    private static void Replace(Engine engine, ObjectInstance owner, string name, Func<JsValue, JsValue[], JsValue> body) =>
        owner.FastSetDataProperty(name, new ClrFunction(engine, name, (self, arguments) => body(self, arguments)));

    private static JavaScriptException TooLong(Engine engine, string function, int maxText) =>
        new(engine.Intrinsics.Error, $"The text that {function} would make is longer than {maxText} characters");

    private static JavaScriptException Fail(Engine engine, string message) => new(engine.Intrinsics.Error, message);
}
