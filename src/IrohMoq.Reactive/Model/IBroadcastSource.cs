namespace IrohMoq.Reactive;

/// <summary>Provides broadcasts that are requested by name and need not be announced.</summary>
internal interface IBroadcastSource
{
    /// <summary>Requests a broadcast.</summary>
    /// <param name="path">The name of the broadcast.</param>
    /// <param name="peerId">The id of the peer that requests the broadcast, which may be empty, or null for this process.</param>
    /// <param name="cancellationToken">The token that cancels the wait for the answer.</param>
    /// <exception cref="MoqStreamException">The broadcast is refused; the code tells why.</exception>
    ValueTask<BroadcastConsumer> RequestAsync(BroadcastPath path, ReadOnlyMemory<byte>? peerId, CancellationToken cancellationToken);
}
