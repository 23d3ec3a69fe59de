namespace Periplon.Engine.Limits;

internal sealed partial class LimitStore
{
    // By prefix, because the organization is the first part of a key.
    private const string ListKeysSql = """
        select grainidextensionstring from orleansstorage
         where graintypestring = @type and payloadbinary is not null
           and substr(grainidextensionstring, 1, @length) = @prefix and grainidextensionstring > @after
         order by grainidextensionstring limit @limit
        """;
}
