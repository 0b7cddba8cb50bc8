namespace IrohMoq.Reactive.Sessions;

/// <content>
/// Serves no peer with what is read from it or through it: the track moves to a source that leads through none of the peers that read it,
/// and if there is none, those peers have to look for another source.
/// </content>
internal sealed partial class TrackSubscriber
{
    /// <summary>Gets a value indicating whether the current source leads through a peer for which the track is read.</summary>
    private bool IsLooped => Volatile.Read(ref _source) is { } source && IsLoopedFrom(source);

    private bool IsLoopedFrom(BroadcastProducer source) =>
        _state.ReadingPeers() is { Count: > 0 } peers && peers.Any(peer => _front!.LeadsThrough(source, peer));

    private bool HasSourceWithoutLoop(IBroadcastFront front) =>
        front.Find(Left(), _state.ReadingPeers()) is { } other && !IsLoopedFrom(other.Broadcast);

    /// <summary>Stops serving the peers through which the current source leads, unless the track can move to another source.</summary>
    private void CutLooped()
    {
        if (_front is not { } front || Volatile.Read(ref _source) is not { } source || !IsLooped || HasSourceWithoutLoop(front))
            return;
        foreach (var peer in _state.ReadingPeers())
        {
            if (front.LeadsThrough(source, peer))
                _state.CutOff(peer, MoqErrorCode.Unroutable);
        }
    }
}
