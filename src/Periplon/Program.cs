using Periplon;
using Periplon.Commands;

using var interrupts = new Interrupts();
return await PeriplonCommand.RunAsync(args, CommandShell.OfProcess(interrupts.Cancel, interrupts.Abort), ProgramModes.Create());
