using System.Diagnostics;
using IrohMoq.Reactive.Manager;

namespace IrohMoq.Reactive.Connections;

/// <summary>Stores the published broadcasts, which the manager's state knows by number, and carries out the effects on them.</summary>
/// <param name="commands">The action that receives an event for each published broadcast.</param>
/// <param name="ends">The action that receives an event for each published broadcast that ends.</param>
internal sealed class BroadcastTable(Action<MoqEvent> commands, Action<MoqEvent> ends)
{
    private readonly ObjectTable<PublishedBroadcast> _broadcasts = new();

    public PublishedBroadcast Find(long broadcast) => _broadcasts.Find(broadcast);

    public PublishedBroadcast Publish(long number, BroadcastPath name, BroadcastConsumer broadcast)
    {
        var published = new PublishedBroadcast(
            number,
            name,
            broadcast,
            (ended, by) => ends(new MoqEvent.BroadcastEnded(ended.Number, ended.Name, by)));
        _broadcasts.Add(number, published);
        commands(new MoqEvent.BroadcastPublished(number, name));
        published.Watch();
        return published;
    }

    /// <summary>
    /// Returns the currently published names in order. Calls that the caller has made before, such as publishing a broadcast, are
    /// reflected immediately.
    /// </summary>
    public IReadOnlyList<BroadcastPath> Names()
    {
        var newest = new SortedDictionary<BroadcastPath, PublishedBroadcast>();
        foreach (var broadcast in _broadcasts.ToArray())
            newest[broadcast.Name] = broadcast;
        return [.. newest.Where(entry => !entry.Value.IsEnded && !entry.Value.IsOffer).Select(entry => entry.Key)];
    }

    public void Run(BroadcastEffect effect)
    {
        if (effect is not BroadcastEffect.Forget e)
            throw new UnreachableException($"There is no code for the effect {effect}.");
        _broadcasts.Take(e.Broadcast)?.Forget();
    }
}
