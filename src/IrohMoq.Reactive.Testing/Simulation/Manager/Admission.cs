namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the admission policy of a peer, which may change during the simulation, and checks that the library respects the policy.
/// </summary>
internal sealed class Admission(SimulatedPeer peer)
{
    private readonly HashSet<EndpointId> _refused = [];
    private readonly Dictionary<EndpointId, int> _admitted = [];

    /// <summary>Sets a value that indicates whether connections from the specified peer are admitted.</summary>
    public void Set(EndpointId id, bool isAdmitted)
    {
        if (isAdmitted)
            _refused.Remove(id);
        else
            _refused.Add(id);
    }

    /// <summary>
    /// Returns true if a connection from the specified peer is admitted. Refuses by returning false or by throwing an exception.
    /// </summary>
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

    /// <summary>Checks that an incoming session was admitted. Each admission is valid for one connection.</summary>
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
