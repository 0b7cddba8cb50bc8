namespace IrohMoq.Reactive;

/// <summary>Provides broadcasts that are requested by name and need not be announced.</summary>
internal interface IBroadcastSource
{
    /// <summary>Requests a broadcast.</summary>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="peer">The peer that requests the broadcast, or null for this process.</param>
    /// <param name="cancellationToken">The token that cancels the wait for the answer.</param>
    /// <exception cref="MoqStreamException">The broadcast is refused; the code tells why.</exception>
    ValueTask<BroadcastConsumer> RequestAsync(BroadcastPath path, Requester? peer, CancellationToken cancellationToken);
}
