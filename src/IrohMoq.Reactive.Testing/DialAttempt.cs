using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents an attempt of an endpoint to connect to another. A dial takes one round trip. It ends with a response, at its time limit, by
/// cancellation, or when its endpoint ends.
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

    /// <summary>Starts the dial. The caller must hold the lock of the network.</summary>
    /// <param name="dials">The list of the pending dials of the endpoint, which contains this dial until it ends.</param>
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
        // If there is no endpoint at that address, nothing responds, and the dial ends at its time limit.
        if (_network.Find(Remote) is { } target)
            _network.LinkBetween(From, target).From(From).Send(0, $"is dialed by {From.Name}", () => target.OnDial(this));
    }

    /// <summary>Sends a refusal with its reason back to the dialing endpoint. The caller must hold the lock of the network.</summary>
    public void Refuse(InMemoryEndpoint by, ConnectError reason, string message) =>
        _network.LinkBetween(From, by).From(by).Send(0, $"is not connected to {by.Name}: {reason}", () =>
            Fail(new MoqConnectException(reason, message, isRemote: reason != ConnectError.WrongPeer)));

    /// <summary>
    /// Sends the acceptance of the connection back to the dialing endpoint. The caller must hold the lock of the network.
    /// </summary>
    public void Answer(InMemoryConnection accepted) =>
        accepted.Send($"handshake answered", peer => OnAnswered(accepted, peer));

    /// <summary>
    /// Ends the dial with an exception. Has no effect if the dial has already ended. The caller must hold the lock of the network.
    /// </summary>
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
