using Periplon.Core.Executions;
using Periplon.Core.Templates;

namespace Periplon.Engine.Tasks;

/// <summary>The exceptions by which an attempt may fail without a defect, as outcomes; one place for all runners.</summary>
internal static class ExpectedFailures
{
    internal static async Task<TaskOutcome> CatchAsync(Func<Task<TaskOutcome>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return TaskOutcome.Cancelled();
        }
        catch (TemplateException exception)
        {
            return TaskOutcome.Failed(FailureKinds.Input, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The worker's disk: another worker, or a later attempt, may do better.
            return TaskOutcome.Failed(FailureKinds.Internal, $"The worker could not use its files: {exception.Message}");
        }
    }
}
