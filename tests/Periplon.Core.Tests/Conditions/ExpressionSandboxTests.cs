using Periplon.Core.Conditions;
using Periplon.Core.Tests.Templates;

namespace Periplon.Core.Tests.Conditions;

/// <summary>Hostile expressions end in an error, soon, and without filling the memory.</summary>
public sealed class ExpressionSandboxTests
{
    [Theory]
    [InlineData("while(true){}")]
    [InlineData("(() => { while (true) {} })()")]
    [InlineData("(() => { for (;;) ; })()")]
    [InlineData("[...(function*() { for (;;) yield 1 })()]")]
    [InlineData("(function f() { f() })()")]
    [InlineData("(function f() { return f() })()")]
    [InlineData("(f => f(f))(f => f(f))")]
    [InlineData("(f => f(f))(f => [1].map(() => f(f)))")]
    [InlineData("String({ toString() { return String(this) } })")]
    [InlineData("'a'.repeat(1e9)")]
    [InlineData("'a'.repeat(5e8)")]
    [InlineData("'a'.padEnd(5e8, 'b')")]
    [InlineData("Array(1e9)")]
    [InlineData("Array.from({length: 1e8})")]
    [InlineData("Array.prototype.fill.call({length: 2**53 - 1}, 1)")]
    [InlineData("Array(1e5).fill('a'.repeat(1e5)).join()")]
    [InlineData("Array(1e5).fill('a'.repeat(1e5)).toString()")]
    [InlineData("Array(1e5).fill('a'.repeat(1e5)).toLocaleString()")]
    [InlineData("`${Array(1e5).fill('a'.repeat(1e5))}`")]
    [InlineData("Array(1e5).fill(Array(1e5).fill('aaaa')) + ''")]
    [InlineData("Array(3e4).fill('a'.repeat(1e5)).join()")]
    [InlineData("Array(3e4).fill('a'.repeat(1e5)) + ''")]
    [InlineData("Array(3e4).fill('a'.repeat(1e5)).toLocaleString()")]
    [InlineData("JSON.stringify(Array(3e4).fill('a'.repeat(1e5)))")]
    [InlineData("({get a() { for (;;) ; }})")]
    [InlineData("(o => { o.o = o; return o })({})")]
    [InlineData("(o => Array(3e4).fill(o))(Object.fromEntries(Array(3e4).fill(0).map((_, i) => [i, undefined])))")]
    [InlineData("JSON.stringify(Array(3e4).fill(1), null, '          '.repeat(1e5))")]
    [InlineData("Array(3e4).fill('a'.repeat(1e5))")]
    [InlineData("(a => Array(3e4).fill(a) + '')(Array(3e4).fill(1))")]
    [InlineData("Array.prototype.join.call({length: 2**53 - 1}, '')")]
    [InlineData("JSON.stringify(Array(1e5).fill('a'.repeat(1e5)))")]
    [InlineData("Array(1e5).fill('a'.repeat(1e5))")]
    [InlineData("''.concat(...Array(1e4).fill('a'.repeat(1e5)))")]
    [InlineData("'a'.repeat(1e6).replaceAll('a', 'b'.repeat(1e5))")]
    [InlineData("'a'.repeat(1e6).replace(/a/g, 'b'.repeat(1e3))")]
    [InlineData("'a'.repeat(1e5).replace(/a/g, '$`')")]
    [InlineData("(f => f(f, 'a'))((f, s) => s.length > 1e9 ? s : f(f, s + s))")]
    [InlineData("'a'.repeat({n: 0, valueOf() { return this.n++ ? 5e8 : 1 }}) + 'a'.repeat({n: 0, valueOf() { return 5e8 }})")]
    [InlineData("String.prototype.replace.call({toString: () => 'a'.repeat(1e6)}, /a/g, {toString: () => 'b'.repeat(1e4)})")]
    [InlineData("Array.prototype.includes.call({length: 2**53 - 1}, 1)")]
    [InlineData("Array.prototype.sort.call({length: 2**53 - 1})")]
    [InlineData("(() => 1).apply(null, {length: 2**53 - 1})")]
    [InlineData("String.raw({raw: {length: 2**53 - 1}})")]
    [InlineData("/^(a+)+$/.test('a'.repeat(40) + 'b')")]
    [InlineData("/(.*)*(.*)*x/.test('a'.repeat(5000))")]
    [InlineData("new RegExp('(?:a?){30}a{30}(b|a)+(b|a)+(b|a)+(b|a)+c').test('a'.repeat(2e3))")]
    [InlineData("JSON.parse('['.repeat(1e5))")]
    [InlineData("[1, 2].sort(() => { for (;;) ; })")]
    [InlineData("new Uint8Array(2e9)")]
    [InlineData("new ArrayBuffer(2e9)")]
    [InlineData("Date.now()")]
    [InlineData("new Date()")]
    [InlineData("Math.random()")]
    [InlineData("Intl.DateTimeFormat().format()")]
    [InlineData("Temporal.Now.instant()")]
    [InlineData("eval('1')")]
    [InlineData("Function('return 1')()")]
    [InlineData("(() => {}).constructor('return 1')()")]
    [InlineData("System.IO.File.ReadAllText('/etc/passwd')")]
    [InlineData("importNamespace('System')")]
    [InlineData("import('fs')")]
    [InlineData("globalThis.Date")]
    [InlineData("new ShadowRealm().evaluate('Date.now()')")]
    [InlineData("new (class { constructor() { return new this.constructor() } })()")]
    public Task A_hostile_expression_ends_in_a_bounded_error(string expression) => Watchdog.RunAsync(() =>
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Should.Throw<ExpressionException>(() => ExpressionEvaluator.Default.Evaluate(expression, new FixedScope()));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(400L * 1024 * 1024);
    });

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("!", "")]
    [InlineData("-+", "")]
    [InlineData("x=>", "")]
    [InlineData("1?1:", "")]
    [InlineData("1+", "")]
    [InlineData("1**", "")]
    [InlineData("a.b.", "")]
    [InlineData("typeof ", "")]
    [InlineData("`${", "}`")]
    public void Deep_nesting_is_an_error_and_no_stack_overflow(string open, string close)
    {
        foreach (var depth in new[] { 400, 1_300, 100_000 })
        {
            var text = string.Concat(Enumerable.Repeat(open, depth)) + "a" + string.Concat(Enumerable.Repeat(close, depth));
            Exception? failure = null;
            // The smallest stack that threads of a server have.
            var thread = new Thread(
                () => failure = Record.Exception(() => ExpressionEvaluator.Default.IsTrue(text, new FixedScope())), 1024 * 1024);
            thread.Start();
            thread.Join();
            failure.ShouldBeOfType<ExpressionException>();
        }
    }

    [Fact]
    public void One_expression_leaves_nothing_behind_for_the_next()
    {
        var scope = new FixedScope();
        ExpressionEvaluator.Default.IsTrue("(() => { Array.prototype.map = 1; Math.max = 1; return true })()", scope).ShouldBeTrue();
        ExpressionEvaluator.Default.IsTrue("[1].map(x => x).length === 1 && Math.max(1, 2) === 2", scope).ShouldBeTrue();
    }

    [Fact]
    public void An_error_of_a_limit_cannot_be_caught_inside() =>
        Should.Throw<ExpressionException>(() => ExpressionEvaluator.Default.IsTrue(
            "(() => { for (;;) { try { for (;;) ; } catch (e) { } } })()", new FixedScope()));

    [Fact]
    public void Evaluations_run_side_by_side() =>
        Parallel.For(0, 64, i => ExpressionEvaluator.Default
            .Evaluate($"[1, 2, workflow.n].map(x => x * {i % 8}).join()", new FixedScope().With("workflow.n", $"{i}"))
            .GetString().ShouldBe($"{i % 8},{2 * (i % 8)},{i * (i % 8)}"));
}
