using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>An attempt to connect: one round trip, ended by an answer, its time limit, its caller or its endpoint, whichever is first.</summary>
internal sealed class Dial
{
    private const string DialCanceled = "the dial was given up";

    private readonly InMemoryNetwork _network;
    private readonly Completion<ITransportConnection> _result;
    private LinkedListNode<Dial>? _entry;
    private ITimer? _limit;

    public Dial(InMemoryEndpoint from, EndpointAddr remote, string[] protocols)
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

    /// <summary>Under the network's lock.</summary>
    /// <param name="dials">The dials of its endpoint, for as long as it lasts.</param>
    public void Begin(LinkedList<Dial> dials)
    {
        _entry = dials.AddLast(this);
        if (Remote.Id == From.Id)
        {
            Fail(new MoqConnectException(ConnectError.SelfConnect, "This is the endpoint's own id: an endpoint does not dial itself."));
            return;
        }

        if (Remote.Addresses.IsEmpty)
        {
            Fail(new MoqConnectException(ConnectError.NoAddress, $"The address of {Remote.Id.ToShortString()} names no IP address. Take it from the network's AddressOf."));
            return;
        }

        _limit = _network.Runtime.CreateTimer(static dial => ((Dial)dial!).OnLimit(), this, _network.DialTimeout, Timeout.InfiniteTimeSpan);
        // Where nobody is nobody answers: then the limit ends it.
        if (_network.Find(Remote) is { } target)
            _network.LinkBetween(From, target).From(From).Send(0, $"is dialed by {From.Name}", () => target.OnDial(this));
    }

    /// <summary>The peer sends back why it doesn't take the connection. Under the network's lock.</summary>
    public void Refuse(InMemoryEndpoint by, ConnectError reason, string message) =>
        _network.LinkBetween(From, by).From(by).Send(0, $"is not connected to {by.Name}: {reason}", () =>
            Fail(new MoqConnectException(reason, message, isRemote: reason != ConnectError.WrongPeer)));

    /// <summary>The peer takes the connection and says so. Under the network's lock.</summary>
    public void Answer(InMemoryConnection accepted) =>
        accepted.Send($"handshake answered", peer => OnAnswered(accepted, peer));

    /// <summary>Under the network's lock.</summary>
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
            Fail(new MoqConnectException(
                ConnectError.TimedOut,
                $"{string.Join(", ", Remote.Addresses)} did not answer within {_network.DialTimeout.TotalSeconds:0.###} s. Check that the peer runs and that nothing cuts it off."));
        }
    }

    private void Leave()
    {
        _limit?.Dispose();
        _entry!.List!.Remove(_entry);
    }
}
