using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// An attempt to connect. It takes one round trip, and ends with an answer, its time limit, its cancellation or the end of its endpoint.
/// </summary>
internal sealed class DialAttempt
{
    private const string DialCanceled = "the dial was canceled";

    private readonly InMemoryNetwork _network;
    private readonly Completion<ITransportConnection> _result;
    private LinkedListNode<DialAttempt>? _entry;
    private ITimer? _limit;

    public DialAttempt(InMemoryEndpoint from, EndpointAddr remote, string[] protocols)
    {
        _network = from.Network;
        _result = new Completion<ITransportConnection>(_network.Runtime);
        From = from;
        Remote = remote;
        Protocols = protocols;
    }

    public InMemoryEndpoint From { get; }

    public EndpointAddr Remote { get; }

    public string[] Protocols { get; }

    public Task<ITransportConnection> Result => _result.Task;

    /// <summary>Begins the dial. Called under the network's lock.</summary>
    /// <param name="dials">The dials of its endpoint, which have this one until it ends.</param>
    public void Begin(LinkedList<DialAttempt> dials)
    {
        _entry = dials.AddLast(this);
        if (Remote.Id == From.Id)
        {
            Fail(new MoqConnectException(ConnectError.SelfConnect, "The address has this endpoint's own id. Dial another endpoint."));
            return;
        }

        if (Remote.Addresses.IsEmpty)
        {
            Fail(new MoqConnectException(
                ConnectError.NoAddress,
                $"The address of {Remote.Id.ToShortString()} has no IP address. Take it from the network's AddressOf."));
            return;
        }

        _limit = _network.Runtime.CreateTimer(
            static dial => ((DialAttempt)dial!).OnLimit(), this, _network.DialTimeout, Timeout.InfiniteTimeSpan);
        // Without an endpoint at that address there is no answer, and the limit ends the dial.
        if (_network.Find(Remote) is { } target)
            _network.LinkBetween(From, target).From(From).Send(0, $"is dialed by {From.Name}", () => target.OnDial(this));
    }

    /// <summary>Sends back why the peer refuses the connection. Called under the network's lock.</summary>
    public void Refuse(InMemoryEndpoint by, ConnectError reason, string message) =>
        _network.LinkBetween(From, by).From(by).Send(0, $"is not connected to {by.Name}: {reason}", () =>
            Fail(new MoqConnectException(reason, message, isRemote: reason != ConnectError.WrongPeer)));

    /// <summary>Sends back that the peer takes the connection. Called under the network's lock.</summary>
    public void Answer(InMemoryConnection accepted) =>
        accepted.Send($"handshake answered", peer => OnAnswered(accepted, peer));

    /// <summary>Ends the dial with a failure. Called under the network's lock.</summary>
    public void Fail(Exception failure)
    {
        if (_result.TryFail(failure))
            Leave();
    }

    public void Cancel(CancellationToken token)
    {
        lock (_network.Gate)
            Fail(new OperationCanceledException(token));
    }

    private void OnAnswered(InMemoryConnection accepted, InMemoryConnection mine)
    {
        if (_result.IsSet)
        {
            mine.Close(0, DialCanceled);
            return;
        }

        mine.Send($"handshake confirmed", _ => accepted.Endpoint.OnConfirmed(accepted));
        From.Report(() => Succeed(mine));
    }

    private void Succeed(InMemoryConnection mine)
    {
        if (_result.TrySet(mine))
            Leave();
        else
            mine.Close(0, DialCanceled);
    }

    private void OnLimit()
    {
        lock (_network.Gate)
        {
            var (addresses, seconds) = (string.Join(", ", Remote.Addresses), _network.DialTimeout.TotalSeconds);
            Fail(new MoqConnectException(
                ConnectError.TimedOut,
                $"{addresses} did not answer within {seconds:0.###} s. Check that the peer is running and that its link is not cut."));
        }
    }

    private void Leave()
    {
        _limit?.Dispose();
        _entry!.List!.Remove(_entry);
    }
}
