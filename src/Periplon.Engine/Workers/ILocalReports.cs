using Periplon.Core.Executions;

namespace Periplon.Engine.Workers;

/// <summary>An execution on the silo of the worker that runs its attempt: it hears of the end without a grain call.</summary>
internal interface ILocalReports
{
    /// <summary>Reports how an attempt ended; returns after the end is committed, or is known to be of no use.</summary>
    /// <returns>False when the execution is not in this silo's memory any more: it is to be called.</returns>
    /// <exception cref="Exception">The outcome of the report is unknown; it is to be repeated by a call.</exception>
    Task<bool> TryReportAsync(string task, int attempt, Guid token, TaskOutcome outcome);
}
