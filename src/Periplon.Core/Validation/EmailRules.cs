using Periplon.Core.Workflows;

namespace Periplon.Core.Validation;

/// <summary>Mail channels.</summary>
internal static class EmailRules
{
    private const int SubmissionPort = 587;

    internal static void Check(ValidationContext context, NotificationChannel.Email email, string path)
    {
        var report = context.Report;
        if (email.To.Count == 0)
        {
            report.Error(
                ValidationCodes.EmailWithoutRecipient, $"{path}.to", "The mail has no recipient.", "Name at least one address under 'to'.");
        }

        CheckAddresses(report, email.To, $"{path}.to");
        CheckAddresses(report, email.Cc, $"{path}.cc");
        CheckAddresses(report, email.Bcc, $"{path}.bcc");
        if (email.Subject is not null && string.IsNullOrWhiteSpace(email.Subject))
        {
            report.Warning(
                ValidationCodes.EmailSubjectBlank, $"{path}.subject", "The subject of the mail is empty.", "Write one, or leave it out.");
        }

        CheckServer(context, email.Smtp, $"{path}.smtp");
    }

    private static void CheckAddresses(ValidationReport report, IReadOnlyList<string> addresses, string path)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            if (!IsAddress(addresses[i]))
            {
                report.Error(
                    ValidationCodes.EmailAddressMalformed,
                    $"{path}[{i}]",
                    $"'{addresses[i]}' is not a mail address.",
                    "Write name@example.com.");
            }
        }
    }

    private static void CheckServer(ValidationContext context, SmtpDefinition smtp, string path)
    {
        var report = context.Report;
        if (string.IsNullOrWhiteSpace(smtp.Host))
        {
            report.Error(
                ValidationCodes.SmtpHostBlank,
                $"{path}.host",
                "The name of the mail server is empty.",
                "Name the server, such as smtp.example.com.");
        }

        if (smtp.Port < 1)
        {
            report.Error(
                ValidationCodes.SmtpPortZero,
                $"{path}.port",
                $"The port of the mail server is {smtp.Port}.",
                "Give its port; usual ones are 25, 465 and 587.");
        }
        else if (smtp.Port is not (25 or 465 or SubmissionPort or 2525))
        {
            report.Warning(
                ValidationCodes.SmtpPortUnusual,
                $"{path}.port",
                $"The port of the mail server is {smtp.Port}.",
                "Usual ports are 25, 465, 587 and 2525.");
        }

        if (smtp is { Port: SubmissionPort, UseTls: false })
        {
            report.Warning(
                ValidationCodes.SmtpWithoutTls,
                $"{path}.use_tls",
                "The mail goes to port 587 without encryption, the password included.",
                "Leave 'use_tls' out, or set it to true.");
        }

        if (!IsAddress(smtp.From))
        {
            report.Error(
                ValidationCodes.EmailSenderMalformed,
                $"{path}.from",
                $"The sender '{smtp.From}' is not a mail address.",
                "Write name@example.com.");
        }

        SecretRules.CheckField(context, $"{path}.username", smtp.Username);
        SecretRules.CheckField(context, $"{path}.password", smtp.Password);
    }

    // What holds a reference is known only at run time.
    private static bool IsAddress(string text) =>
        Templates.Template.Parse(text).References.Count > 0
        || (text.Split('@') is [{ Length: > 0 }, { Length: > 0 } domain] && domain.Contains('.'));
}
