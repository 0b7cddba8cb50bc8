namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the intention of a peer to have a session with a peer that it reads from: it dials until there is one, and again when it has
/// ended. A relay offers what such a session announces to its forwardings.
/// </summary>
internal sealed class UpstreamLink : IDisposable
{
    private readonly SwarmPeer _peer;
    private readonly IDisposable _subscription;

    public UpstreamLink(SwarmPeer peer, SwarmPeer upstream)
    {
        (_peer, Upstream) = (peer, upstream.Number);
        var sessions = peer.Moq.Reconnect(upstream.Endpoint.Address, RelayOptions.ReconnectDelays);
        _subscription = sessions.Subscribe(OnSession, OnError, () => End("complete"));
    }

    /// <summary>Gets the number of the peer that is read from.</summary>
    public int Upstream { get; }

    /// <summary>Gets a value that indicates whether the peer does not dial any more.</summary>
    public bool IsOver { get; private set; }

    private string Name => $"link to {_peer.World.Swarm.NameOf(Upstream)}";

    public void Dispose()
    {
        IsOver = true;
        _subscription.Dispose();
    }

    private void OnSession(MoqSession session)
    {
        _peer.Write(Name, "a session");
        foreach (var forwarding in _peer.Forwardings)
            forwarding.Follow(session, Upstream);
    }

    private void OnError(Exception failure)
    {
        End($"failed: {failure.GetType().Name} {failure.Message}");
        if (failure is not (IOException or ObjectDisposedException))
        {
            _peer.World.Log.ReportViolation(
                ManagerInvariants.NothingFails, $"the {Name} of {_peer.Name} ends with a documented exception", failure.ToString());
        }
    }

    private void End(string how)
    {
        IsOver = true;
        _peer.Write(Name, how);
    }
}
