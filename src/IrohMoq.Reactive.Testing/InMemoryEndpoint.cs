using System.Net;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>Represents an endpoint of an <see cref="InMemoryNetwork"/>. This type is thread-safe.</summary>
public sealed class InMemoryEndpoint : IEndpoint
{
    private readonly LinkedList<InMemoryConnection> _connections = [];
    private readonly LinkedList<DialAttempt> _dials = [];
    private readonly ArrivalQueue<InMemoryConnection> _incoming;
    private readonly Completion<Exception?> _closed;
    private readonly Random _reportDelays;
    private string[] _protocols = [];
    private int _unaccepted;

    internal InMemoryEndpoint(InMemoryNetwork network, string name, EndpointId id, IPEndPoint place)
    {
        Network = network;
        Name = name;
        Id = id;
        Address = new EndpointAddr(id, place);
        _incoming = new ArrivalQueue<InMemoryConnection>(network.Runtime, network.Gate);
        _closed = new Completion<Exception?>(network.Runtime);
        _reportDelays = new Random(network.Seed.Number($"report delays of {name}"));
    }

    /// <summary>Gets the name of the endpoint in the trace.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public EndpointId Id { get; }

    /// <inheritdoc/>
    public EndpointAddr Address { get; }

    /// <inheritdoc/>
    public EndpointTicket Ticket => new(Address);

    /// <inheritdoc/>
    // Each caller gets its own task. If several callers awaited the same task, all but the first would continue outside of virtual time,
    // and a manager and its router both await this property.
    public Task<Exception?> Closed => _closed.WaitAsync();

    /// <inheritdoc/>
    public Runtime Runtime => Network.Runtime;

    internal InMemoryNetwork Network { get; }

    internal bool IsOver => _closed.IsSet;

    /// <summary>Gets the names of the endpoints to which this endpoint has connections, one name per connection.</summary>
    internal IReadOnlyList<string> Connected
    {
        get
        {
            lock (Network.Gate)
                return [.. _connections.Select(static connection => connection.PeerName)];
        }
    }

    /// <inheritdoc/>
    public void Listen(IReadOnlyList<string> protocols)
    {
        ArgumentNullException.ThrowIfNull(protocols);
        lock (Network.Gate)
        {
            ObjectDisposedException.ThrowIf(IsOver, this);
            _protocols = [.. protocols];
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        var connection = await _incoming.TakeAsync(cancellationToken).ConfigureAwait(false);
        lock (Network.Gate)
            _unaccepted--;
        return connection;
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(protocols);
        cancellationToken.ThrowIfCancellationRequested();
        var dial = new DialAttempt(this, remote, [.. protocols]);
        lock (Network.Gate)
        {
            ObjectDisposedException.ThrowIf(IsOver, this);
            dial.Begin(_dials);
        }

        var registration = cancellationToken.UnsafeRegister(static (state, token) => ((DialAttempt)state!).Cancel(token), dial);
        try
        {
            return await dial.Result.ConfigureAwait(false);
        }
        finally
        {
            registration.Unregister();
        }
    }

    /// <summary>Closes every connection with code 0, fails every pending dial, and ends the endpoint. Completes synchronously.</summary>
    /// <returns>A completed task.</returns>
    public ValueTask DisposeAsync()
    {
        lock (Network.Gate)
        {
            foreach (var connection in _connections.ToArray())
                connection.Close(0, "");
            End(null);
        }

        return default;
    }

    /// <summary>
    /// Ends the endpoint because it was killed: its connections fail, and no other endpoint is notified. The caller must hold the lock of
    /// the network.
    /// </summary>
    internal void Die()
    {
        foreach (var connection in _connections.ToArray())
            connection.EndWith(new TransportEnd(TransportEndCause.TransportError, 0, "the endpoint was killed", IsRemote: false));
        End(new IOException($"The endpoint \"{Name}\" was killed."));
    }

    /// <summary>
    /// Responds to a dial that has arrived, with a connection or a refusal. Does not respond if the endpoint has ended. The caller must
    /// hold the lock of the network.
    /// </summary>
    internal void OnDial(DialAttempt dial)
    {
        if (IsOver)
            return;
        if (Id != dial.Remote.Id)
        {
            dial.Refuse(
                this,
                ConnectError.WrongPeer,
                $"The endpoint at {Address.Addresses[0]} has another id than the one that was dialed. Check the id, or get a new ticket.");
        }
        else if (_protocols.Length == 0)
        {
            dial.Refuse(
                this,
                ConnectError.NotServing,
                $"The peer at {Address.Addresses[0]} does not accept connections at present. "
                + "Dial again when its application has started.");
        }
        else if (_protocols.FirstOrDefault(dial.Protocols.Contains) is not { } protocol)
        {
            dial.Refuse(
                this,
                ConnectError.NoCommonProtocol,
                $"The peer at {Address.Addresses[0]} accepts none of the offered protocols. "
                + "Check that it serves what this program asks for.");
        }
        else if (_unaccepted >= Network.MaxUnaccepted)
        {
            dial.Refuse(
                this, ConnectError.Busy, $"The peer at {Address.Addresses[0]} accepts no more connections at present. Dial again later.");
        }
        else
        {
            _unaccepted++;
            dial.Answer(InMemoryConnection.Between(dial.From, this, protocol));
        }
    }

    /// <summary>
    /// Makes a connection that the dialer has confirmed available to be accepted. The caller must hold the lock of the network.
    /// </summary>
    internal void OnConfirmed(InMemoryConnection connection)
    {
        connection.IsConfirmed = true;
        _incoming.Add(connection);
    }

    internal LinkedListNode<InMemoryConnection> Add(InMemoryConnection connection) => _connections.AddLast(connection);

    internal void Remove(LinkedListNode<InMemoryConnection> entry)
    {
        _connections.Remove(entry);
        if (entry.Value is { IsOutbound: false, IsConfirmed: false })
            _unaccepted--;
    }

    /// <summary>
    /// Runs an action under the network's lock, after a delay of up to <see cref="InMemoryNetwork.ReportDelay"/>. The caller must hold the
    /// lock of the network.
    /// </summary>
    internal void Report(Action report)
    {
        if (Network.ReportDelay == TimeSpan.Zero)
            report();
        else
            _ = ReportAsync(report, TimeSpan.FromTicks(_reportDelays.NextInt64(Network.ReportDelay.Ticks + 1)));
    }

    private async Task ReportAsync(Action report, TimeSpan delay)
    {
        await Runtime.DelayAsync(delay, CancellationToken.None).ConfigureAwait(false);
        lock (Network.Gate)
            report();
    }

    private void End(Exception? fault)
    {
        if (!_closed.TrySet(fault))
            return;
        Network.Trace.Add(Name, "endpoint closed");
        foreach (var dial in _dials.ToArray())
            dial.Fail(new ObjectDisposedException(nameof(InMemoryEndpoint), $"The endpoint \"{Name}\" has been disposed or killed."));
        _incoming.End(() => new ObjectDisposedException(nameof(InMemoryEndpoint), $"The endpoint \"{Name}\" has been disposed or killed."));
        while (_incoming.TryTake(out _))
        {
            // The connections are already closed and can no longer be accepted.
        }
    }
}
