using System.Collections.Immutable;
using System.Net;
using System.Net.Quic;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using IrohMoq.Reactive.Endpoints;
using IrohMoq.Reactive.Quic;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents an endpoint on System.Net.Quic. It dials other endpoints of this type by their IDs and servers by their names, and accepts
/// connections. It cannot connect to iroh peers, which use raw public keys. Every member may be called from any thread.
/// </summary>
/// <remarks>
/// System.Net.Quic sends the streams of a connection in the order of the writes, has no datagrams and no statistics, and does not carry the
/// text of a close. When a peer closes a connection, data that was not read before may be lost.
/// </remarks>
public sealed class QuicEndpoint : IEndpoint
{
    private const int LongestProtocol = 255;

    /// <summary>The maximum number of addresses that one dial tries. Each takes a socket.</summary>
    private const int MaxCandidates = 64;

    private readonly Lock _gate = new();
    private readonly ILogger _log;
    private readonly QuicSettings _settings;
    private readonly ListenerSet _listeners;
    private readonly Arrivals<QuicTransportConnection> _arrivals;
    private readonly HashSet<QuicTransportConnection> _connections = [];
    private readonly HashSet<DialAttempt> _dials = [];
    private readonly Completion<Exception?> _closed = new(ThreadPoolRuntime.Instance);
    private Task? _disposal;
    private bool _isDisposed;

    private QuicEndpoint(SecretKey key, QuicEndpointOptions options)
    {
        Id = key.Id;
        _log = options.LoggerFactory.CreateLogger("IrohMoq.Reactive.Quic");
        _arrivals = new Arrivals<QuicTransportConnection>(ThreadPoolRuntime.Instance, options.MaxUnaccepted);
        _settings = new QuicSettings(PeerCertificate.Create(key, Now), options);
        _listeners = new ListenerSet(_settings, Accept, _log);
        try
        {
            _listeners.Listen([]);
        }
        catch
        {
            _settings.Dispose();
            throw;
        }

        _log.Bound(LocalEndPoint);
        Address = new EndpointAddr(Id, ReachableAddresses.Of(Bound(), ReachableAddresses.OfMachine()).AsSpan());
    }

    /// <summary>Gets a value that indicates whether System.Net.Quic can run on this machine.</summary>
    public static bool IsSupported => QuicSupport.IsSupported;

    /// <inheritdoc/>
    public EndpointId Id { get; }

    /// <summary>
    /// Gets the ID of this peer and the addresses at which it can be reached: the one that it is bound to or, if it is bound to all
    /// addresses, those of the machine. Loopback addresses are included only if there is no other address.
    /// </summary>
    public EndpointAddr Address { get; }

    /// <summary>Gets <see cref="Address"/> as text that can be passed to another peer.</summary>
    public EndpointTicket Ticket => new(Address);

    /// <summary>Gets the address that the endpoint is bound to.</summary>
    public IPEndPoint LocalEndPoint => _listeners.LocalEndPoint;

    /// <inheritdoc/>
    public Task<Exception?> Closed => _closed.Task;

    /// <summary>Gets the runtime, which is always the thread pool.</summary>
    public Runtime Runtime => ThreadPoolRuntime.Instance;

    /// <summary>Gets the current time, with which certificates are compared.</summary>
    internal static DateTimeOffset Now => ThreadPoolRuntime.Instance.GetUtcNow();

    /// <summary>Creates an endpoint and binds its address.</summary>
    /// <param name="key">The key of this peer; null for a new key, which is not saved.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Checked before the endpoint is created.</param>
    /// <exception cref="PlatformNotSupportedException">
    /// System.Net.Quic cannot run on this machine; the message says what to install.
    /// </exception>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public static ValueTask<QuicEndpoint> CreateAsync(
        SecretKey? key = null, QuicEndpointOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        QuicSupport.ThrowIfUnsupported();
        return new ValueTask<QuicEndpoint>(new QuicEndpoint(key ?? SecretKey.Generate(), options ?? QuicEndpointOptions.Default));
    }

    /// <inheritdoc/>
    public void Listen(IReadOnlyList<string> protocols) => _listeners.Listen(Checked(protocols));

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _arrivals.TakeAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Dials a peer. The dial succeeds when the peer has proved its ID. If the peer then refuses the certificate of this side, the
    /// connection ends with <see cref="TransportEndCause.TransportError"/>; the first byte of the peer proves that it has accepted.
    /// </summary>
    /// <param name="remote">The ID of the peer and its addresses.</param>
    /// <param name="protocols">The application protocols (ALPN) to offer; the peer chooses one.</param>
    /// <param name="cancellationToken">The token that cancels the dial.</param>
    /// <exception cref="MoqConnectException">The dial failed; <see cref="MoqConnectException.Error"/> specifies the reason.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint has ended.</exception>
    public async ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        var offered = Checked(protocols);
        if (offered.Length == 0)
            throw new ArgumentException("At least one protocol must be offered.", nameof(protocols));
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
            ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (remote.Id == Id)
            throw new MoqConnectException(ConnectError.SelfConnect, "The address is this endpoint's own.");
        if (remote.Addresses.IsEmpty)
        {
            throw new MoqConnectException(
                ConnectError.NoAddress, $"No IP address of {remote.Id.ToShortString()} is known. Get a fresh ticket of the peer.");
        }

        var target = new PeerTarget(remote.Id)
        {
            Addresses = Candidates(remote.Addresses),
            Offered = [.. offered, ListenerSet.IdleProtocol],
        };
        return await DialAsync(target, remote.Id.ToShortString(), remote.Id.ToArray(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Dials a server by its name. The connection has no ID; use it with <see cref="MoqSession.Connect"/>. The server is not sent the ID of
    /// this endpoint.
    /// </summary>
    /// <param name="server">The name of the server, or its IP address, and the port.</param>
    /// <param name="protocols">The application protocols (ALPN) to offer; the server chooses one.</param>
    /// <param name="validation">The certificates to accept; null for <see cref="ServerValidation.Default"/>.</param>
    /// <param name="cancellationToken">The token that cancels the dial.</param>
    /// <exception cref="MoqConnectException">The dial failed; <see cref="MoqConnectException.Error"/> specifies the reason.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint has ended.</exception>
    public async ValueTask<ITransportConnection> ConnectToServerAsync(
        DnsEndPoint server, IReadOnlyList<string> protocols, ServerValidation? validation = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        var offered = Checked(protocols);
        if (offered.Length == 0)
            throw new ArgumentException("At least one protocol must be offered.", nameof(protocols));
        lock (_gate)
            ObjectDisposedException.ThrowIf(_isDisposed, this);
        var addresses = await ServerTarget.ResolveAsync(server, cancellationToken).ConfigureAwait(false);
        var target = new ServerTarget(server.Host, validation ?? ServerValidation.Default)
        {
            Addresses = Candidates(addresses),
            Offered = [.. offered],
        };
        return await DialAsync(target, server.Host, default, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes every connection with code 0, and waits until they are closed. A further call waits for the first.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposal is not null)
                return new ValueTask(_disposal);
            _isDisposed = true;
            return new ValueTask(_disposal = DisposeAsync([.. _dials], [.. _connections]));
        }
    }

    private async Task DisposeAsync(DialAttempt[] dials, QuicTransportConnection[] connections)
    {
        foreach (var dial in dials)
            dial.Dispose();
        await _listeners.DisposeAsync().ConfigureAwait(false);
        _arrivals.End(static () => new ObjectDisposedException(nameof(QuicEndpoint)), isDropped: true);
        foreach (var connection in connections)
            await connection.DisposeAsync().ConfigureAwait(false);
        _settings.Dispose();
        _closed.TrySet(null);
    }

    /// <summary>Validates the protocol names, and returns a copy of the list.</summary>
    private static string[] Checked(IReadOnlyList<string> protocols)
    {
        ArgumentNullException.ThrowIfNull(protocols);
        foreach (var protocol in protocols)
        {
            if (string.IsNullOrEmpty(protocol) || protocol.Length > LongestProtocol || !Ascii.IsValid(protocol))
                throw new ArgumentException(
                    $"'{protocol}' is not a protocol name. It must have 1 to {LongestProtocol} ASCII characters.", nameof(protocols));
        }

        return [.. protocols];
    }

    /// <summary>Returns the addresses that are dialed. A peer or a name server that names more does not cost more sockets.</summary>
    private static ImmutableArray<IPEndPoint> Candidates(IEnumerable<IPEndPoint> addresses) =>
        [.. addresses.Select(Unmapped).Distinct().Take(MaxCandidates)];

    /// <summary>Returns an IPv4-mapped address as the IPv4 address: System.Net.Quic cannot dial the former.</summary>
    private static IPEndPoint Unmapped(IPEndPoint address) =>
        address.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(address.Address.MapToIPv4(), address.Port) : address;

    /// <summary>Returns the addresses that the endpoint is bound to: [::] includes all IPv4 addresses.</summary>
    private ImmutableArray<IPEndPoint> Bound() => LocalEndPoint.Address.Equals(IPAddress.IPv6Any)
        ? [new(IPAddress.Any, LocalEndPoint.Port), LocalEndPoint]
        : [LocalEndPoint];

    private async ValueTask<ITransportConnection> DialAsync(
        DialTarget target, string name, ReadOnlyMemory<byte> id, CancellationToken cancellationToken)
    {
        var dial = new DialAttempt(_settings, target);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _dials.Add(dial);
        }

        _log.Dialing(name, string.Join(", ", target.Addresses));
        try
        {
            var connection = await dial.RunAsync(cancellationToken).ConfigureAwait(false);
            return Begin(new QuicTransportConnection(connection, id, isOutbound: true, _settings.Options, _log));
        }
        catch (MoqConnectException failure)
        {
            _log.DialFailed(name, failure);
            throw;
        }
        finally
        {
            lock (_gate)
                _dials.Remove(dial);
        }
    }

    private void Accept(QuicConnection connection)
    {
        // A client that has dialed a name presents no certificate.
        ReadOnlyMemory<byte> id = connection.RemoteCertificate is X509Certificate2 peer ? PeerCertificate.IdOf(peer).ToArray() : default;
        var accepted = Begin(new QuicTransportConnection(connection, id, isOutbound: false, _settings.Options, _log));
        _log.Accepted(connection.RemoteEndPoint, accepted.Protocol);
        if (_arrivals.TryAdd(accepted))
            return;
        accepted.Close(MoqErrorCode.Transport.Value, "too many connections wait to be accepted");
    }

    /// <summary>Starts a connection, which is closed when the endpoint is disposed.</summary>
    private QuicTransportConnection Begin(QuicTransportConnection connection)
    {
        bool isDisposed;
        lock (_gate)
        {
            isDisposed = _isDisposed;
            if (!isDisposed)
                _connections.Add(connection);
        }

        connection.Start();
        if (isDisposed)
            connection.Close(0, "");
        else
            _ = RemoveAtEndAsync(connection);
        return connection;
    }

    private async Task RemoveAtEndAsync(QuicTransportConnection connection)
    {
        await connection.Closed.ConfigureAwait(false);
        lock (_gate)
            _connections.Remove(connection);
    }
}
