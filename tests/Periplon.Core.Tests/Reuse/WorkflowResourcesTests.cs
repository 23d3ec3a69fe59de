using System.Text;
using System.Text.Json;
using Periplon.Core.Reuse;

namespace Periplon.Core.Tests.Reuse;

public sealed class WorkflowResourcesTests
{
    [Fact]
    public void ToJson_SameResourcesInAnyOrder_IsTheSameText()
    {
        var first = WorkflowResources.None.With("file:b", WorkflowResource.Of("b")).With("file:a", WorkflowResource.Of("a", "c0ffee"));
        var second = WorkflowResources.None.With("file:a", WorkflowResource.Of("a", "c0ffee")).With("file:b", WorkflowResource.Of("b"));

        first.ToJson().ShouldBe(second.ToJson());
        first.ToJson().ShouldBe(
            """{"file:a":{"text":"a","sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","commit":"c0ffee"},"""
            + """ "file:b":{"text":"b","sha256":"3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"}}""".TrimStart());
    }

    [Fact]
    public void FromJson_WhatToJsonWrote_HasTheSameResources()
    {
        var written = WorkflowResources.None.With("http:https://h/ä", WorkflowResource.Of("téxt\n\"x\""));

        var read = WorkflowResources.FromJson(written.ToJson());

        read.Find("http:https://h/ä").ShouldBe(written.Find("http:https://h/ä"));
        read.ToJson().ShouldBe(written.ToJson());
    }

    [Fact]
    public void ToJson_NoResources_IsNullBothWays()
    {
        WorkflowResources.None.ToJson().ShouldBeNull();
        WorkflowResources.FromJson(null).Entries.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"a": {"text": "x"}}""")]
    public void FromJson_AnotherShape_Throws(string json) => Should.Throw<JsonException>(() => WorkflowResources.FromJson(json));

    [Fact]
    public void Of_Bytes_KeepsTheirChecksumEvenWhenTheyAreNoText() =>
        WorkflowResource.Of([0xff, 0xfe]).Sha256.ShouldNotBe(WorkflowResource.Of(Encoding.UTF8.GetString([0xff, 0xfe])).Sha256);
}
