using System.Runtime.InteropServices;
using Periplon.Torture;

if (args is ["-h" or "--help", ..])
{
    Console.WriteLine(TortureOptions.Usage);
    return 0;
}

if (!TortureOptions.TryParse(args, out var options, out var problem))
{
    Console.Error.WriteLine($"Error: {problem}\n\n{TortureOptions.Usage}");
    return 2;
}

if (!OperatingSystem.IsLinux())
{
    Console.Error.WriteLine("Error: this program reads /proc and sends signals, so it needs Linux");
    return 2;
}

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await TortureRun.RunAsync(options, TimeProvider.System, stop.Token);

// What was started has to be stopped too, so the process ends by itself.
void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
