namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the subscription of a peer to a stream of the manager, and checks its invariants when the simulation is idle.
/// </summary>
internal abstract class PeerSubscription(SimulatedPeer peer, string stream) : IDisposable
{
    private IDisposable? _subscription;

    /// <summary>Gets a value that indicates whether the stream has ended or the subscription is disposed.</summary>
    public bool IsOver { get; private set; }

    protected SimulatedPeer Peer => peer;

    /// <summary>Gets the name of the subscription in reports.</summary>
    protected string Name => $"{stream} of {peer.Name}";

    /// <summary>Checks the invariants of the subscription. Called when the simulation has settled.</summary>
    public abstract void CheckSettled();

    /// <summary>
    /// Disposes the subscription if it can have no result, for example if it would dial an unreachable peer forever. Called before the
    /// connections are checked, because such a subscription opens and closes connections.
    /// </summary>
    public virtual void StopIfFutile()
    {
    }

    public void Dispose()
    {
        IsOver = true;
        _subscription?.Dispose();
    }

    protected void Subscribe<T>(IObservable<T> source, Action<T> onNext)
    {
        var subscription = source.Subscribe(onNext, OnError, () => End("complete"));
        _subscription = subscription;
        if (IsOver)
            subscription.Dispose();
    }

    protected void Write(string what) => peer.Write(stream, what);

    protected void ReportViolation(string invariant, string expected, string seen) =>
        peer.World.Log.ReportViolation(invariant, expected, seen);

    private void OnError(Exception failure)
    {
        End($"failed: {failure.GetType().Name} {failure.Message}");
        if (failure is not (IOException or ObjectDisposedException))
            ReportViolation(ManagerInvariants.NothingFails, $"{Name} ends with a documented exception", failure.ToString());
    }

    private void End(string how)
    {
        IsOver = true;
        Write(how);
    }
}

/// <summary>
/// Represents a subscription to the announcements of all sessions of a peer. Checks that the announced broadcasts are those that the other
/// peers publish.
/// </summary>
internal sealed class AnnouncementSubscription : PeerSubscription
{
    private readonly HashSet<(MoqSession Session, BroadcastPath Path)> _live = [];

    public AnnouncementSubscription(SimulatedPeer peer)
        : base(peer, "announcements") => Subscribe(peer.World.Options.AnnouncementFault(peer.Moq.Announcements()), OnNext);

    public override void CheckSettled()
    {
        if (IsOver)
            return;
        var expected = Peer.OpenSessions.SelectMany(
            static open => OnDemandBroadcasts.VisibleOver(open.Session, open.Other).Select(path => $"{path} of {open.Other.Name}"));
        var seen = _live.Select(live => $"{live.Path} of {Peer.World.Names.NameOf(live.Session.RemoteId)}");
        var (expectedText, seenText) = (TextOf(expected), TextOf(seen));
        if (expectedText != seenText && !Peer.HasSkipped)
            ReportViolation(ManagerInvariants.StreamsAreTrue, $"live by {Name}: {expectedText}", seenText);
    }

    private static string TextOf(IEnumerable<string> names) =>
        string.Join(", ", names.Order(StringComparer.Ordinal)) is { Length: > 0 } text ? text : "nothing";

    private void OnNext(PeerAnnouncement announcement)
    {
        var what = $"{announcement.Path} of {Peer.World.Names.NameOf(announcement.RemoteId)}";
        Write($"{what} {(announcement.IsActive ? "begins" : "ends")}");
        var entry = (announcement.Session, announcement.Path);
        if (!(announcement.IsActive ? _live.Add(entry) : _live.Remove(entry)))
            ReportViolation(
                ManagerInvariants.StreamsAreTrue,
                $"by {Name} {what} begins and ends in turns",
                announcement.IsActive ? "it begins twice" : "it ends twice");
    }
}

/// <summary>Represents a subscription to <c>Reconnect</c>. Checks that a session is open if the other peer is reachable.</summary>
internal sealed class ReconnectSubscription : PeerSubscription
{
    private readonly EndpointAddr _address;
    private MoqSession? _last;

    public ReconnectSubscription(SimulatedPeer peer, SimulatedPeer other)
        : base(peer, $"reconnect to {other.Name}")
    {
        _address = other.Endpoint.Address;
        Subscribe(peer.World.Options.ReconnectFault(peer.Moq.Reconnect(_address)), session =>
        {
            Write("a session");
            if (HasSession)
                ReportViolation(
                    ManagerInvariants.ReconnectEnds, $"{Name} gives the next session after the end of the last", "both are open");
            _last = session;
        });
    }

    private bool HasSession => _last is { Closed.IsCompleted: false };

    /// <summary>
    /// Gets a value that indicates whether the other peer is running at the dialed address, and neither peer has a low session limit.
    /// </summary>
    private bool MustHaveSession =>
        Peer.MaxSessions is null && Peer.World.Running.Any(other => other.Endpoint.Address == _address && other.MaxSessions is null);

    public override void CheckSettled()
    {
        if (!IsOver && MustHaveSession && !HasSession)
            ReportViolation(ManagerInvariants.ReconnectEnds, $"{Name} has a session, for the other peer is running", "it has none");
    }

    public override void StopIfFutile()
    {
        if (!HasSession && !MustHaveSession)
            Dispose();
    }
}

/// <summary>
/// Represents a subscription to the observable that <c>Connect</c> returns. Checks that the observable terminates when the session ends
/// or when the dial fails.
/// </summary>
internal sealed class ConnectSubscription : PeerSubscription
{
    private MoqSession? _session;

    public ConnectSubscription(SimulatedPeer peer, SimulatedPeer other)
        : base(peer, $"connect to {other.Name}") => Subscribe(peer.Moq.Connect(other.Endpoint.Address), session =>
        {
            Write("a session");
            if (_session is not null)
                ReportViolation(ManagerInvariants.StreamsAreTrue, $"{Name} gives one session", "it gives two");
            _session = session;
        });

    public override void CheckSettled()
    {
        if (!IsOver && _session is not { Closed.IsCompleted: false })
            ReportViolation(ManagerInvariants.EveryWaitEnds, $"{Name} ends with its session or its dial", "it is still open");
    }
}
