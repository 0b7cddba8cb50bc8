using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Finds the broadcasts that are published to the peer, and lets those of the peer be requested.</content>
#pragma warning disable CA1001 // The cancellation source has nothing to dispose, and late streams may still use its token.
internal sealed partial class MoqConnection
#pragma warning restore CA1001
{
    /// <summary>
    /// Returns a broadcast that is published to the peer, or requests one that is provided on demand. Its answer is waited for.
    /// </summary>
    /// <exception cref="MoqStreamException">
    /// There is no such broadcast, or it is refused. It is refused immediately, because silence would make the peer wait.
    /// </exception>
    internal async ValueTask<BroadcastConsumer> PublicationAsync(BroadcastPath path, CancellationToken cancellationToken) =>
        FindPublication(path)
        ?? await Local.TryRequestAsync(path, Requester, cancellationToken).ConfigureAwait(false)
        ?? throw Unknown(path);

    /// <summary>Returns a broadcast that is published to the peer, or null if there is none.</summary>
    /// <exception cref="MoqStreamException">
    /// Every way to the broadcast leads through the peer, so that what it would be served with would come from itself.
    /// </exception>
    internal BroadcastConsumer? FindPublication(BroadcastPath path)
    {
        if (Local.Find(path) is not { } published)
            return null;
        return published.Producer.RouteTo(Requester) is not null ? published : throw Unknown(path);
    }

    private MoqStreamException Unknown(BroadcastPath path) => new(
        Version.HasRoutes ? MoqErrorCode.Unroutable : MoqErrorCode.NotFound,
        $"The peer asked for '{path}', which is not published to it.",
        isRemote: true);

    /// <summary>Lets broadcasts be requested by name while the connection is open.</summary>
    private void AllowRequests(OriginProducer remote)
    {
        var requested = new RequestedBroadcasts(this, announced: null);
        remote.AddUnannounced(requested);
        _over.Token.UnsafeRegister(
            static state =>
            {
                var (origin, requested) = ((OriginProducer, RequestedBroadcasts))state!;
                origin.RemoveUnannounced(requested);
                requested.EndWithConnection();
            },
            (remote, requested));
    }
}
