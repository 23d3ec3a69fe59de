using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Discord channels: the bounds of Discord's own API.</summary>
internal static class DiscordRules
{
    private const int LargestColor = 0xFFFFFF;
    private const int MostFields = 25;
    private const int LongestName = 256;
    private const int LongestValue = 1024;
    private const int LongestDescription = 4096;

    private static readonly string[] Prefixes = ["https://discord.com/api/webhooks/", "https://discordapp.com/api/webhooks/"];

    internal static void Check(ValidationContext context, NotificationChannel.Discord discord, string path)
    {
        var at = $"{path}.webhook_url";
        if (SecretRules.StartsWith(discord.WebhookUrl))
        {
            SecretRules.CheckField(context, at, discord.WebhookUrl);
        }
        else if (WebAddress.StartsWithReference(discord.WebhookUrl))
        {
            context.Report.Warning(
                ValidationCodes.DiscordUrl,
                at,
                $"The Discord webhook starts with a reference, '{discord.WebhookUrl}', so it is checked only at run time.",
                "Keep the address in a secret and write ${secret.NAME}.");
        }
        else if (!Prefixes.Any(prefix => discord.WebhookUrl.StartsWith(prefix, StringComparison.Ordinal)))
        {
            context.Report.Error(
                ValidationCodes.DiscordUrl,
                at,
                $"The Discord webhook is '{discord.WebhookUrl}', which is not an address of Discord.",
                $"Write ${{secret.NAME}}, or an address that starts with {Prefixes[0]}.");
        }

        if (discord.Embed is { } embed)
        {
            CheckEmbed(context.Report, embed, $"{path}.embed");
        }
    }

    private static void CheckEmbed(ValidationReport report, DiscordEmbed embed, string path)
    {
        if (embed.Color is > LargestColor or < 0)
        {
            report.Error(
                ValidationCodes.DiscordColor,
                $"{path}.color",
                $"The colour of the Discord card is {embed.Color}.",
                $"Give a number up to {LargestColor} (0xFFFFFF).");
        }

        CheckLength(report, ValidationCodes.DiscordTitleTooLong, $"{path}.title", "title", embed.Title, LongestName);
        CheckLength(
            report, ValidationCodes.DiscordDescriptionTooLong, $"{path}.description", "description", embed.Description, LongestDescription);
        if (embed.Fields.Count > MostFields)
        {
            report.Error(
                ValidationCodes.DiscordTooManyFields,
                $"{path}.fields",
                $"The Discord card has {embed.Fields.Count} fields; Discord takes {MostFields}.",
                "Send the rest in another notification.");
        }

        for (var i = 0; i < embed.Fields.Count; i++)
        {
            var at = $"{path}.fields[{i}]";
            CheckLength(report, ValidationCodes.DiscordFieldNameTooLong, $"{at}.name", "field name", embed.Fields[i].Name, LongestName);
            CheckLength(
                report, ValidationCodes.DiscordFieldValueTooLong, $"{at}.value", "field value", embed.Fields[i].Value, LongestValue);
        }
    }

    // Discord counts characters. The reference counts bytes of UTF-8, which refuses texts in other scripts than Latin at half of
    // what Discord takes.
    private static void CheckLength(ValidationReport report, string code, string path, string what, string? text, int longest)
    {
        if (text is not null && text.Length > longest && text.EnumerateRunes().Count() is var length && length > longest)
        {
            report.Error(code, path, $"The {what} of the Discord card has {length} characters; Discord takes {longest}.", "Shorten it.");
        }
    }
}
