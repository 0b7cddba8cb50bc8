using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>Represents a broadcast that was found, and the session over which it is read.</summary>
/// <param name="Session">The session.</param>
/// <param name="Broadcast">The broadcast.</param>
/// <param name="Route">The announced route below which the broadcast is requested, or null if it is announced itself.</param>
internal readonly record struct Found(MoqSession Session, BroadcastConsumer Broadcast, BroadcastPath? Route)
{
    /// <summary>
    /// Returns the text for a request that was refused because the peer has nothing of that name below the route, or null if the failure
    /// is another one. The name may still be announced: every announcement of moq-lite-06 is a route, also that of a plain broadcast.
    /// </summary>
    /// <param name="failure">The failure of the reading, of which nothing has arrived.</param>
    /// <param name="name">The name of the broadcast.</param>
    /// <param name="track">The name of the track.</param>
    public string? DescribeRefusal(MoqException failure, string name, string track) =>
        Route is { } route && (failure.Code == MoqErrorCode.NotFound || failure.Code == MoqErrorCode.Unroutable)
            ? $"the peer has no track '{track}' of '{name}' below the route '{BroadcastName.Of(route)}': code {failure.Code}"
            : null;
}
