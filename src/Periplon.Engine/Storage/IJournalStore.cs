namespace Periplon.Engine.Storage;

/// <summary>One commit of one execution: the events of a turn and, when it changes, the execution's row.</summary>
/// <param name="ExecutionId">The execution.</param>
/// <param name="Seq">Sequence number of this journal row, counted from 1; the primary key is (execution_id, seq).</param>
/// <param name="Events">Encoded events (<see cref="Core.Executions.EventCodec"/>).</param>
/// <param name="Writer">
/// Token drawn for this append. After a lost connection the store re-reads the row and compares the token before it retries, because the
/// first try may have been committed.
/// </param>
/// <param name="At">When the turn was decided.</param>
/// <param name="Row">
/// The whole new row, or null when nothing in it changed. Seq 1 inserts it; later ones update it, but for its identity, origin and inputs,
/// and leave a terminal row as it is.
/// </param>
internal sealed record JournalAppend(
    Guid ExecutionId, long Seq, ReadOnlyMemory<byte> Events, Guid Writer, DateTimeOffset At, ExecutionRow? Row)
{
    /// <summary>
    /// Asked before each further try of an append that could not be stored; it is given up when this throws. Null for none.
    /// </summary>
    public Func<ValueTask>? BeforeRepeat { get; init; }
}

/// <summary>One stored journal row.</summary>
internal sealed record JournalRow(long Seq, ReadOnlyMemory<byte> Events, DateTimeOffset At);

/// <summary>
/// The event journal. Appends of many executions are committed together; each is acknowledged after its own commit. A row that conflicts
/// fails only its execution's append, with <see cref="JournalConflictException"/>.
/// </summary>
internal interface IJournalStore
{
    /// <summary>
    /// Appends one row; returns after the commit. While the database is away this waits for it, until the token fires; a cancelled append
    /// may have been stored or not, as after a time-out.
    /// </summary>
    /// <exception cref="JournalConflictException">
    /// Another writer has used this sequence number, or the one before it is not stored: the journal has no gaps.
    /// </exception>
    Task AppendAsync(JournalAppend append, CancellationToken cancellationToken);

    /// <summary>The rows of an execution after a sequence number, in order; empty when there are none.</summary>
    Task<IReadOnlyList<JournalRow>> ReadAsync(Guid executionId, long afterSeq, CancellationToken cancellationToken);

    /// <summary>Whether an execution exists and has not ended.</summary>
    Task<bool> IsActiveAsync(Guid executionId, CancellationToken cancellationToken);

    /// <summary>
    /// Gives executions of partitions that no longer exist, because the number of partitions was lowered, to those that do.
    /// </summary>
    Task<int> FitPartitionsAsync(int partitions, CancellationToken cancellationToken);
}

/// <summary>Another writer appended first: this activation is stale and must reload.</summary>
internal sealed class JournalConflictException(Guid executionId, long seq)
    : Exception($"Journal row {seq} of execution {executionId} cannot follow what is stored: another writer was there first")
{
    public Guid ExecutionId { get; } = executionId;
    public long Seq { get; } = seq;
}
