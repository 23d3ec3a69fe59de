using Orleans.Storage;
using Periplon.Client.Limits;
using Periplon.Core.Limits;

namespace Periplon.Engine.Limits;

/// <summary>
/// Stores who holds the places of a concurrency limit. A write whose answer was lost may have been carried out; then the next one meets a
/// row that is not as it was. That is told from another activation's writing, so that the limit keeps those in memory who wait for it.
/// </summary>
internal sealed class PlaceStore(IPersistentState<ConcurrencyState> stored)
{
    private const int MostUnsure = 100;

    private readonly List<HashSet<LimitPlace>> _unsure = [];

    /// <summary>The limit as it is stored.</summary>
    public ConcurrencyLimit Read() => new()
    {
        Limit = Math.Max(1, stored.State.Limit), LimitSetAt = stored.State.LimitSetAt,
        Holders = [.. stored.State.Holders.Select(place => place.ToHolder())],
    };

    /// <summary>Stores a limit.</summary>
    /// <exception cref="InconsistentStateException">Another activation has stored something else.</exception>
    public async Task SaveAsync(ConcurrencyLimit next)
    {
        List<LimitPlace> places = [.. next.Holders.Select(LimitPlace.Of)];
        try
        {
            await WriteAsync(next, places);
        }
        catch (InconsistentStateException) when (_unsure.Count > 0)
        {
            await stored.ReadStateAsync(CancellationToken.None);
            if (!_unsure.Any(unsure => unsure.SetEquals(stored.State.Holders)))
            {
                throw;
            }

            // Nobody was told of what was not known to be stored.
            await WriteAsync(next, places);
        }

        _unsure.Clear();
    }

    private async Task WriteAsync(ConcurrencyLimit next, List<LimitPlace> places)
    {
        try
        {
            // Keys are often made of inputs: a row for each that was ever used would stay for ever.
            if (places.Count == 0)
            {
                await stored.ClearStateAsync(CancellationToken.None);
                return;
            }

            stored.State = new ConcurrencyState { Limit = next.Limit, LimitSetAt = next.LimitSetAt, Holders = places };
            await stored.WriteStateAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is not InconsistentStateException)
        {
            if (_unsure.Count < MostUnsure)
            {
                _unsure.Add([.. places]);
            }

            throw;
        }
    }
}
