using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents a peer of a <see cref="RelayScenario"/> that observes how fast the peer of one of its sessions can send, and checks that the
/// estimates are those of the network, as far as the version of the session has them, and end with the session.
/// </summary>
internal sealed class RateObserver : IDisposable
{
    // The version whose PROBE has no round-trip time.
    private const string VersionWithoutTime = "moq-lite-03";

    private readonly RelayScenario _world;
    private readonly MoqSession _session;
    private readonly string _name;
    private readonly IDisposable _subscription;
    private bool _isDisposed;
    private int _seen;

    public RateObserver(RelayScenario world, SwarmPeer peer, MoqSession session)
    {
        (_world, _session, Peer) = (world, session, peer);
        _name = $"{peer.Name}'s estimates of {world.Names.NameOf(session.RemoteId)}";
        _subscription = world.Options.Rates(session).Subscribe(
            OnNext,
            failure => Report("never fail", failure.ToString()),
            () => IsOver = true);
    }

    /// <summary>Gets the peer that observes.</summary>
    public SwarmPeer Peer { get; }

    /// <summary>Gets a value that indicates whether the estimates have ended or are not observed any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>
    /// Gets a value that indicates whether the session is open, or another session with the same peer has replaced it, over which the
    /// estimates go on.
    /// </summary>
    private bool HasSession => _session.Shared.Ended is not { } closed
        || (closed.IsSuperseded && Peer.Sessions.Any(open => open.RemoteId == _session.RemoteId));

    private bool IsReplaced => _session.Shared.Ended is { IsSuperseded: true };

    /// <summary>Checks that the estimates have not ended before their session. Called after every step.</summary>
    public void Check()
    {
        if (IsOver && !_isDisposed && HasSession && !IsReplaced)
            Report("end with the session", "they end before it");
    }

    /// <summary>Checks that the estimates of an open session have come, and that others have ended. Called when all has settled.</summary>
    public void CheckSettled()
    {
        if (!IsOver && !HasSession)
            Report("end with the session", "they have not ended");
        if (!IsOver && !IsReplaced && HasSession && _seen == 0)
            Report("come while the session is open", "there is none");
    }

    public void Dispose()
    {
        IsOver = _isDisposed = true;
        _subscription.Dispose();
    }

    private void OnNext(RateEstimate estimate)
    {
        _seen++;
        var network = _world.Network;
        var time = _session.Protocol == VersionWithoutTime ? (TimeSpan?)null : (2 * network.Latency) + network.Jitter;
        var expected = new RateEstimate(network.Bandwidth, time);
        Peer.Write("rates", $"{_name}: {estimate}");
        if (estimate != expected)
            Report($"are {expected} in {_session.Protocol}", $"{estimate}");
    }

    private void Report(string expected, string seen) =>
        _world.Log.ReportViolation(RelayInvariants.RatesAreTrue, $"{_name} {expected}", seen);
}
