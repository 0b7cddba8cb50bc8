namespace IrohMoq.Reactive.Testing;

/// <summary>The admission policy of a peer, which changes while it runs, and what must hold of it.</summary>
internal sealed class Admission(SimulatedPeer peer)
{
    private readonly HashSet<EndpointId> _refused = [];
    private readonly Dictionary<EndpointId, int> _admitted = [];

    /// <summary>Sets whether a peer that dials is admitted.</summary>
    public void Set(EndpointId id, bool isAdmitted)
    {
        if (isAdmitted)
            _refused.Remove(id);
        else
            _refused.Add(id);
    }

    /// <summary>Decides about a peer that dials. To throw is to refuse.</summary>
    public bool Admit(EndpointId id)
    {
        var isAdmitted = !_refused.Contains(id);
        peer.Write("admission", $"{peer.World.Names.NameOf(id)} {(isAdmitted ? "admitted" : "refused")}");
        if (isAdmitted)
            _admitted[id] = _admitted.GetValueOrDefault(id) + 1;
        if (peer.World.Options.IgnoresAdmission)
            return true;
        return isAdmitted || (_refused.Count % 2 == 0 ? throw new FaultyObserver.ThrownException() : false);
    }

    /// <summary>Checks that a session that a peer has dialed was admitted: each admission is good for one connection.</summary>
    public void OnOpened(MoqSession session)
    {
        if (session.IsOutbound || !peer.World.Options.Harsh)
            return;
        var left = _admitted.GetValueOrDefault(session.RemoteId) - 1;
        _admitted[session.RemoteId] = left;
        if (left >= 0)
            return;
        var expected = $"{peer.Name} has no session with {peer.World.Names.NameOf(session.RemoteId)}, which it has not admitted";
        peer.World.Log.ReportViolation(ManagerInvariants.RefusedStayOut, expected, "a session opens");
    }
}
