using System.Security.Cryptography;
using System.Text;
using Periplon.Api;
using Periplon.Client.Workflows;

namespace Periplon.Hosting;

/// <summary>The first minute: a demo workflow that is there, and a line to copy that starts it.</summary>
internal static class Welcome
{
    private const string DemoName = "demo";

    // Always the same, so that a second start finds the first one's workflow.
    private static readonly Guid DemoId = new(SHA256.HashData(Encoding.UTF8.GetBytes("periplon demo workflow")).AsSpan(0, 16));

    public static async Task SayAsync(IServiceProvider services, string address, CancellationToken cancellationToken)
    {
        var text = await DemoTextAsync(cancellationToken);
        var request = new SaveWorkflow { Organization = ApiOptions.DefaultOrganization, Definition = text, By = "periplon" };
        var demo = services.GetRequiredService<IGrainFactory>().GetGrain<IWorkflowGrain>(DemoId.ToString("D"));
        var saved = await demo.CreateAsync(request, cancellationToken);
        if (saved.Status is WorkflowSaveStatus.Conflict)
        {
            // An earlier version of the program stored its own.
            saved = await demo.UpdateAsync(request, cancellationToken);
        }

        Console.Out.WriteLine($"Periplon listens on {address}");
        Console.Out.WriteLine($"  API documentation  {address}/docs");
        if (saved.Status is WorkflowSaveStatus.Saved)
        {
            Console.Out.WriteLine("  Start the demo workflow and see how it ends:");
            Console.Out.WriteLine(
                $"""  curl -s '{address}/api/v1/executions?wait=30' -H 'Content-Type: application/json' -d '{"{"}"workflow":"{DemoName}"{"}"}'""");
        }

        Console.Out.Flush();
    }

    private static async Task<string> DemoTextAsync(CancellationToken cancellationToken)
    {
        await using var stream = typeof(Welcome).Assembly.GetManifestResourceStream("demo.yaml")
            ?? throw new InvalidOperationException("The demo workflow is not in the program");
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
