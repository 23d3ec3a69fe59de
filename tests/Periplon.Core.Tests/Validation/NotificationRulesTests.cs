using Periplon.Core.Yaml;

namespace Periplon.Core.Tests.Validation;

public sealed class NotificationRulesTests
{
    private const string Secrets = "secrets: {hook: {source: {type: env, var: HOOK}}}\ninputs: {url: {type: string}}\n";
    private const string Smtp = "smtp: {host: smtp.example.com, port: 465, username: u, password: p, from: me@example.com}";
    private const string Hook = "type: webhook, url: \"https://example.com\"";
    private const string Card = "type: discord, webhook_url: \"https://discord.com/api/webhooks/1/x\", embed: ";

    [Theory]
    [InlineData("done")]
    [InlineData("\" \"", "PPL147")]
    [InlineData("{message: done, channels: [{type: console}]}")]
    [InlineData("{message: \" \", channels: [{type: console}]}", "PPL147")]
    [InlineData("{message: done, channels: []}", "PPL148")]
    [InlineData("{message: done}", "PPL148")]
    [InlineData("{message: done, channels: [{type: console}], metadata: {k: v}}")]
    [InlineData("{message: done, channels: [{type: console}], metadata: {\" \": v}}", "PPL149")]
    [InlineData("{message: \"${workflow.nothing}\", channels: [{type: console}]}", "PPL204")]
    public void A_notification_says_something_somewhere(string notify, params string[] codes)
    {
        Checked.Codes($"tasks: {{a: {{command: {{executable: x}}, on_complete: {{notify: {notify}}}}}}}").ShouldBe(codes);
        Checked.Codes($"tasks: {{a: {{command: {{executable: x}}, on_error: {{notify: {notify}}}}}}}").ShouldBe(codes);
        Checked.Codes($"tasks: {{a: {{subtasks: [b: {{command: {{executable: x}}, on_complete: {{notify: {notify}}}}}]}}}}").ShouldBe(codes);
    }

    [Theory]
    [InlineData("type: console")]
    [InlineData("type: file, path: out/log.txt")]
    [InlineData("type: file, path: \"\"", "PPL165")]
    [InlineData("type: file, path: /var/log/x", "PPL210")]
    [InlineData("type: file, path: 'C:\\log'", "PPL210")]
    [InlineData("type: ntfy, topic: t")]
    [InlineData("type: ntfy, topic: t, server: \"http://ntfy.local\"")]
    [InlineData("type: ntfy, topic: t, server: ntfy.local", "PPL150")]
    [InlineData("type: ntfy, topic: \"\"", "PPL151")]
    [InlineData("type: ntfy, topic: t, priority: 1")]
    [InlineData("type: ntfy, topic: t, priority: 5")]
    [InlineData("type: ntfy, topic: t, priority: 0", "PPL152")]
    [InlineData("type: ntfy, topic: t, priority: 6", "PPL152")]
    [InlineData("type: ntfy, topic: t, tags: [a, b, c, d, e, f, g, h, i, j]")]
    [InlineData("type: ntfy, topic: t, tags: [a, b, c, d, e, f, g, h, i, j, k]", "PPL206")]
    [InlineData("type: slack, credential: \"${secret.hook}\", channel: \"#builds\"")]
    [InlineData("type: slack, credential: \"${secret.hook}\", channel: \"@me\"")]
    [InlineData("type: slack, credential: \"${secret.hook}\", channel: builds", "PPL207")]
    [InlineData("type: slack, credential: \"${secret.}\", channel: \"#b\"", "PPL173")]
    [InlineData("type: slack, credential: \"${secret.hok}\", channel: \"#b\"", "PPL174")]
    [InlineData("type: slack, credential: \"x${secret.hook}\", channel: \"#b\"", "PPL175")]
    [InlineData("type: slack, credential: \"${secret.hook}${secret.hook}\", channel: \"#b\"", "PPL175")]
    [InlineData("type: discord, webhook_url: \"${secret.hook}\"")]
    [InlineData("type: discord, webhook_url: \"${secret.hok}\"", "PPL174")]
    [InlineData("type: discord, webhook_url: \"https://discordapp.com/api/webhooks/1/x\"")]
    [InlineData("type: discord, webhook_url: \"https://discord.com/other\"", "PPL153")]
    [InlineData(Card + "{color: 16777215}")]
    [InlineData(Card + "{color: 16777216}", "PPL154")]
    [InlineData(Hook)]
    [InlineData("type: webhook, url: \"${secret.hook}\"")]
    [InlineData("type: webhook, url: example.com", "PPL160")]
    [InlineData("type: webhook, url: \"${workflow.url}\"", "PPL160")]
    [InlineData(Hook + ", auth: {type: api_key, header: X-Key, key: \"${secret.hook}\"}")]
    [InlineData(Hook + ", auth: {type: api_key, header: \" \", key: k}", "PPL161")]
    [InlineData(Hook + ", auth: {type: bearer, token: \"${secret.hok}\"}", "PPL174")]
    [InlineData(Hook + ", auth: {type: basic, username: \"${secret.hok}\", password: p}", "PPL174")]
    [InlineData(Hook + ", auth: {type: basic, username: u, password: \"${secret.hok}\"}", "PPL174")]
    [InlineData(Hook + ", auth: {type: custom, headers: {A: \"${secret.hook}\"}}")]
    [InlineData(Hook + ", auth: {type: custom, headers: {A: \"${secret.hok}\"}}", "PPL174")]
    [InlineData(Hook + ", auth: {type: custom, headers: {}}", "PPL162")]
    [InlineData(Hook + ", auth: {type: custom, headers: {\" \": v}}", "PPL163")]
    [InlineData(Hook + ", retry: {max_attempts: 1}")]
    [InlineData(Hook + ", retry: {max_attempts: 0}", "PPL164")]
    [InlineData(Hook + ", retry: {max_attempts: 10}")]
    [InlineData(Hook + ", retry: {max_attempts: 11}", "PPL208")]
    [InlineData(Hook + ", retry: {delay_secs: 0}")]
    [InlineData(Hook + ", retry: {delay_secs: 0, exponential_backoff: true}", "PPL209")]
    [InlineData(Hook + ", timeout_secs: 0", "PPL304")]
    [InlineData("type: email, to: [a@example.com], " + Smtp)]
    [InlineData("type: email, to: [], " + Smtp, "PPL166")]
    [InlineData("type: email, to: [a@example], " + Smtp, "PPL167")]
    [InlineData("type: email, to: [\"@example.com\"], " + Smtp, "PPL167")]
    [InlineData("type: email, to: [\"a@b@example.com\"], " + Smtp, "PPL167")]
    [InlineData("type: email, to: [a@example.com], cc: [b], " + Smtp, "PPL167")]
    [InlineData("type: email, to: [a@example.com], bcc: [b], " + Smtp, "PPL167")]
    [InlineData("type: email, to: [\"${workflow.url}\"], " + Smtp)]
    [InlineData("type: email, to: [a@example.com], subject: s, " + Smtp)]
    [InlineData("type: email, to: [a@example.com], subject: \" \", " + Smtp, "PPL211")]
    [InlineData("type: email, to: [a@example.com], smtp: {host: \" \", port: 25, username: u, password: p, from: a@example.com}", "PPL168")]
    [InlineData("type: email, to: [a@example.com], smtp: {host: h, port: 0, username: u, password: p, from: a@example.com}", "PPL169")]
    [InlineData("type: email, to: [a@example.com], smtp: {host: h, port: 2525, username: u, password: p, from: a@example.com}")]
    [InlineData("type: email, to: [a@example.com], smtp: {host: h, port: 26, username: u, password: p, from: a@example.com}", "PPL212")]
    [InlineData("type: email, to: [a@example.com], smtp: {host: h, port: 587, username: u, password: p, from: a@example.com, use_tls: false}", "PPL213")]
    [InlineData("type: email, to: [a@example.com], smtp: {host: h, port: 25, username: u, password: p, from: a@example.com, use_tls: false}")]
    [InlineData("type: email, to: [a@example.com], smtp: {host: h, port: 25, username: u, password: p, from: me}", "PPL170")]
    [InlineData("type: email, to: [a@example.com], smtp: {host: h, port: 25, username: u, password: \"${secret.hok}\", from: a@example.com}", "PPL174")]
    [InlineData("type: teams, webhook_url: \"https://example.com\", theme_color: \"#FF0000\"")]
    [InlineData("type: teams, webhook_url: \"https://example.com\", theme_color: FF0000", "PPL214")]
    [InlineData("type: teams, webhook_url: \"${secret.hook}\"")]
    [InlineData("type: teams, webhook_url: example.com", "PPL171")]
    [InlineData("type: telegram, bot_token: \"${secret.hook}\", chat_id: \"1\"")]
    [InlineData("type: telegram, bot_token: \"${secret.hok}\", chat_id: \"1\"", "PPL174")]
    [InlineData("type: telegram, bot_token: t, chat_id: \" \"", "PPL172")]
    [InlineData("type: pager_duty, integration_key: \"${secret.hook}\", action: trigger")]
    [InlineData("type: pager_duty, integration_key: \"${secret.hok}\", action: trigger", "PPL174")]
    public void Channels_are_complete(string channel, params string[] codes)
    {
        Checked.Codes($"{Secrets}notifications: {{default_channels: [{{{channel}}}]}}").ShouldBe(codes);
        Checked.Codes(
            $"{Secrets}tasks: {{a: {{command: {{executable: x}}, "
            + $"on_complete: {{notify: {{message: m, channels: [{{{channel}}}]}}}}}}}}").ShouldBe(codes);
    }

    [Theory]
    [InlineData("title: \"{0}\"", 256, "PPL158")]
    [InlineData("description: \"{0}\"", 4096, "PPL159")]
    [InlineData("fields: [{{name: \"{0}\", value: v}}]", 256, "PPL156")]
    [InlineData("fields: [{{name: n, value: \"{0}\"}}]", 1024, "PPL157")]
    public void Texts_of_a_Discord_card_are_bounded_in_characters(string field, int longest, string code)
    {
        Codes(new string('x', longest)).ShouldBeEmpty();
        Codes(string.Concat(Enumerable.Repeat("😀", longest))).ShouldBeEmpty();
        Codes(new string('x', longest + 1)).ShouldBe([code]);

        string[] Codes(string text) => Checked.Codes($"notifications: {{default_channels: [{{{Card}{{{string.Format(field, text)}}}}}]}}");
    }

    [Theory]
    [InlineData(25)]
    [InlineData(26, "PPL155")]
    public void A_Discord_card_has_few_fields(int count, params string[] codes) =>
        Checked.Codes(
            $"notifications: {{default_channels: [{{{Card}{{fields: "
            + $"[{string.Join(", ", Enumerable.Repeat("{name: n, value: v}", count))}]}}}}]}}").ShouldBe(codes);

    [Theory]
    [InlineData("type: webhook, url: \"${workflow.url}\"", "PPL160")]
    [InlineData("type: ntfy, topic: t, server: \"${workflow.url}\"", "PPL150")]
    [InlineData("type: discord, webhook_url: \"${workflow.url}\"", "PPL153")]
    [InlineData("type: teams, webhook_url: \"${workflow.url}\"", "PPL171")]
    public void A_reference_at_the_start_of_an_address_is_only_a_warning(string channel, string code)
    {
        var found = Checked.Rules($"{Secrets}notifications: {{default_channels: [{{{channel}}}]}}").ShouldHaveSingleItem();

        (found.Code, found.Severity).ShouldBe((code, DiagnosticSeverity.Warning));
    }
}
