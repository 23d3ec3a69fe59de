namespace Periplon.Client.Tests.Contracts;

/// <summary>
/// While an upgrade rolls through a cluster, silos of two versions talk to each other. <c>OrleansContracts.txt</c> shows what this build
/// says, so that a change is seen in review; PERIPLON_UPDATE_GOLDEN=1 writes it. What the version before says, in
/// <c>OrleansContracts.released.txt</c>, has to stand.
/// </summary>
public sealed class OrleansContractsTests
{
    // Its place is fixed, and a version would only keep new silos from reaching the workers of old ones.
    private const string Unversioned = "interface Periplon.IWorkerGrain";

    [Fact]
    public void Contracts_OfThisBuild_AreWrittenDown()
    {
        var file = ContractText.PathOf("OrleansContracts.txt");
        var actual = ContractText.Write();
        if (ContractText.IsUpdate)
        {
            File.WriteAllText(file, actual);
        }

        actual.ShouldBe(File.ReadAllText(file), "OrleansContracts.txt is of another build; run this test once with PERIPLON_UPDATE_GOLDEN=1");
    }

    [Fact]
    public void Contracts_OfTheVersionBefore_AllStand() =>
        MissingIn(ContractText.Write(), File.ReadAllText(ContractText.PathOf("OrleansContracts.released.txt"))).ShouldBeEmpty(
            "silos of the version before still use this: keep it, and give what is new a number or a name of its own");

    [Fact]
    public void Interfaces_WithMoreMethodsThanTheVersionBefore_HaveAHigherVersion()
    {
        var released = ContractText.Read(File.ReadAllText(ContractText.PathOf("OrleansContracts.released.txt")));
        TooLow(ContractText.Read(ContractText.Write()), released).ShouldBeEmpty(
            "a new silo must not call a method on an old one that lacks it: raise [Version] of the interface above the released one");
    }

    [Fact]
    public void Check_WhatIsTakenAwayRenumberedOrNotVersioned_IsFound()
    {
        const string Before = "interface I version 1\n  Get() : Task\nmessage M\n  0 A : Int32\n  1 B : Int32\n";
        MissingIn(Before, Before).ShouldBeEmpty();
        MissingIn(Before.Replace("  1 B : Int32\n", ""), Before).ShouldBe(["message M: 1 B : Int32"]);
        MissingIn(Before.Replace("1 B", "2 B"), Before).ShouldBe(["message M: 1 B : Int32"]);
        MissingIn(Before.Replace("1 B : Int32", "1 B : String"), Before).ShouldBe(["message M: 1 B : Int32"]);
        MissingIn(Before.Replace("Get", "Find"), Before).ShouldBe(["interface I: Get() : Task"]);
        MissingIn(Before.Replace("Task", "Task<Int32>"), Before).ShouldBe(["interface I: Get() : Task"]);
        MissingIn(Before.Replace("Task", "Task<Int32>").Replace("version 1", "version 2"), Before).ShouldBeEmpty();
        MissingIn(Before.Replace("version 1", "version 2") + "  2 C : Int32\n", Before).ShouldBeEmpty();

        var more = Before.Replace("Get() : Task", "Get() : Task\n  Set() : Task");
        TooLow(ContractText.Read(more), ContractText.Read(Before)).ShouldBe(["interface I"]);
        TooLow(ContractText.Read(more.Replace("version 1", "version 2")), ContractText.Read(Before)).ShouldBeEmpty();
    }

    private static List<string> MissingIn(string actual, string expected)
    {
        var now = ContractText.Read(actual);
        return
        [
            .. ContractText.Read(expected).SelectMany(block => block.Value.Lines
                .Where(line => !now.TryGetValue(block.Key, out var present)
                    || !(present.Lines.Contains(line) || (present.Version > block.Value.Version && HasAnAnswerNow(line, present.Lines))))
                .Select(line => $"{block.Key}: {line}")),
        ];
    }

    // Old callers pass over an answer that they do not expect, and new ones do not reach old silos, whose version is lower.
    private static bool HasAnAnswerNow(string method, HashSet<string> lines) =>
        method.EndsWith(" : Task", StringComparison.Ordinal) && lines.Any(line => line.StartsWith($"{method}<", StringComparison.Ordinal));

    private static List<string> TooLow(
        SortedDictionary<string, (int Version, HashSet<string> Lines)> now,
        SortedDictionary<string, (int Version, HashSet<string> Lines)> released) =>
    [
        .. now.Where(block => block.Key.StartsWith("interface ", StringComparison.Ordinal) && block.Key != Unversioned
                && released.TryGetValue(block.Key, out var before)
                && block.Value.Version <= before.Version && !block.Value.Lines.IsSubsetOf(before.Lines))
            .Select(block => block.Key),
    ];
}
