using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using IrohMoq.Reactive.Endpoints;
using IrohMoq.Reactive.Iroh;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents an endpoint that dials iroh peers and accepts their connections: QUIC with raw public keys, on one or several UDP sockets and
/// one I/O thread. Every member may be called from any thread.
/// </summary>
public sealed class IrohEndpoint : IEndpoint, IDialHints
{
    // GnuTLS accepts no more and no longer names.
    private const int MostProtocols = 8;
    private const int LongestProtocol = 31;

    private readonly IrohEndpointOptions _options;
    private readonly IoLoop _loop;
    private readonly ILogger _log;
    private readonly Acceptor _acceptor;
    private readonly DialAttempts _dials;
    private EndpointAddr _address;
    private int _disposed;

    private IrohEndpoint(SecretKey key, IrohEndpointOptions options)
    {
        _options = options;
        Id = key.Id;
        _log = options.LoggerFactory.CreateLogger("IrohMoq.Reactive.Iroh");
        _acceptor = new Acceptor(options.Runtime, options.MaxUnaccepted, _log);
        var settings = SettingsOf(key, options);
        try
        {
            _loop = new IoLoop(DriverSettingsOf(options), settings, _acceptor, _log);
        }
        catch
        {
            settings.Dispose();
            throw;
        }

        _dials = new DialAttempts(_loop, options.Runtime, _log);
        _address = FindAddress();
        _loop.Start();
    }

    /// <inheritdoc/>
    public EndpointId Id { get; }

    /// <summary>
    /// Gets the ID of this peer and the addresses at which it can be reached: those that the sockets are bound to and, for a socket that is
    /// bound to all addresses, those of the machine. IPv6 link-local addresses are left out then, and loopback addresses are included only
    /// if there is no other address. <see cref="NetworkChanged"/> updates the value.
    /// </summary>
    public EndpointAddr Address => Volatile.Read(ref _address);

    /// <summary>Gets <see cref="Address"/> as text that can be passed to another peer.</summary>
    public EndpointTicket Ticket => new(Address);

    /// <summary>Gets the address that the first socket is bound to.</summary>
    public IPEndPoint LocalEndPoint => LocalEndPoints[0];

    /// <summary>
    /// Gets the addresses that the sockets are bound to, in the order of <see cref="IrohEndpointOptions.BindAddresses"/>, with the ports
    /// that they have got.
    /// </summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints => _loop.LocalEndPoints;

    /// <inheritdoc/>
    public Task<Exception?> Closed => _loop.Ended;

    /// <inheritdoc/>
    public Runtime Runtime => _options.Runtime;

    /// <summary>Gets the name of the kernel offload that is in use.</summary>
    internal string Offload => _loop.Offload;

    internal IoLoop Loop => _loop;

    /// <summary>Creates an endpoint: binds its sockets and starts its I/O thread.</summary>
    /// <param name="key">The key of this peer; null for a new key, which is not saved.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Checked before the endpoint is created.</param>
    /// <exception cref="NativeLibraryException">A native library is missing or too old; the message says how to install it.</exception>
    /// <exception cref="SocketException">An address cannot be bound.</exception>
    public static ValueTask<IrohEndpoint> CreateAsync(
        SecretKey? key = null, IrohEndpointOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        options ??= IrohEndpointOptions.Default;
        options.Validate();
        NativeLibraries.EnsureLoaded();
        return new ValueTask<IrohEndpoint>(new IrohEndpoint(key ?? SecretKey.Generate(), options));
    }

    /// <inheritdoc/>
    public void Listen(IReadOnlyList<string> protocols)
    {
        var copy = Checked(protocols);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        _loop.Listen(copy);
    }

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _acceptor.TakeAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(remote);
        var offered = Checked(protocols);
        if (offered.Length == 0)
            throw new ArgumentException("At least one protocol must be offered.", nameof(protocols));
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (remote.Id == Id)
            throw new MoqConnectException(ConnectError.SelfConnect, "The address is this endpoint's own.");
        var addresses = Dialable(remote);
        if (addresses.IsEmpty)
            throw new MoqConnectException(ConnectError.NoAddress, NoAddressText(remote));

        try
        {
            return await _dials.DialAsync(remote.Id, addresses, offered, cancellationToken).ConfigureAwait(false);
        }
        catch (MoqConnectException failure)
        {
            _log.DialFailed(remote.Id.ToShortString(), failure);
            throw;
        }
    }

    /// <summary>
    /// Adds addresses to the dials of a peer that are in progress: they are dialed at once, as part of the same connection.
    /// </summary>
    /// <param name="remote">The ID of the peer and the further addresses. Those of a family without a socket are ignored.</param>
    /// <returns>False if no dial of the peer is in progress.</returns>
    public bool TryAddAddresses(EndpointAddr remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        return _dials.TryAdd(remote.Id, Dialable(remote));
    }

    /// <summary>
    /// Adapts to a change of the machine's network, for example another Wi-Fi network or address: determines <see cref="Address"/> again,
    /// and lets each open connection send packets immediately, so that the peer and the NATs between learn the new address before the next
    /// keep-alive. A connection that this side dialed migrates to a new path if the peer allows it: its congestion control, round-trip
    /// time and packet size start anew.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Without the call, a dialed connection survives as well, but the peer notices only when the next packet is sent. An accepted
    /// connection does not survive if this side loses the address at which it was dialed, because in QUIC only the client can migrate: it
    /// ends with <see cref="TransportEndCause.TimedOut"/>, and the peer must dial again.
    /// </para>
    /// <para>
    /// The sockets stay bound to the addresses that the options specify. The endpoint does not observe the network; a program can connect
    /// <see cref="System.Net.NetworkInformation.NetworkChange.NetworkAddressChanged"/> to this method.
    /// </para>
    /// </remarks>
    public void NetworkChanged()
    {
        Volatile.Write(ref _address, FindAddress());
        _loop.OnNetworkChanged();
    }

    /// <summary>
    /// Closes every connection with code 0 and releases the native resources. A close that is lost is sent again during the closing periods
    /// of the connections, which take three probe timeouts, at most three seconds (RFC 9000, section 10.2). A further call waits for the
    /// first.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _loop.Stop();
        await _loop.Ended.ConfigureAwait(false);
        await _acceptor.DisposeAllAsync().ConfigureAwait(false);
    }

    /// <summary>Validates the protocol names, which must have 1 to 31 ASCII characters each, and returns a copy of the list.</summary>
    private static string[] Checked(IReadOnlyList<string> protocols)
    {
        ArgumentNullException.ThrowIfNull(protocols);
        if (protocols.Count > MostProtocols)
            throw new ArgumentException(
                $"At most {MostProtocols} protocols can be named, and there are {protocols.Count}. Serve fewer protocols, "
                + "or fewer versions of moq-lite (MoqOptions.Protocols).",
                nameof(protocols));
        foreach (var protocol in protocols)
        {
            if (string.IsNullOrEmpty(protocol) || protocol.Length > LongestProtocol || !Ascii.IsValid(protocol))
                throw new ArgumentException(
                    $"'{protocol}' is not a protocol name. It must have 1 to {LongestProtocol} ASCII characters.", nameof(protocols));
        }

        return [.. protocols];
    }

    private EndpointAddr FindAddress() =>
        new(Id, ReachableAddresses.Of(_loop.LocalEndPoints, ReachableAddresses.OfMachine()).AsSpan());

    /// <summary>Returns the addresses of a peer that have the family of a socket, IPv4-mapped addresses as IPv4 addresses.</summary>
    private ImmutableArray<IPEndPoint> Dialable(EndpointAddr remote) =>
    [
        .. remote.Addresses
            .Where(_loop.CanReach)
            .Select(static address => NetworkAddress.From(address).ToEndPoint())
            .Distinct()
            .Take(CandidatePaths.Max),
    ];

    private string NoAddressText(EndpointAddr remote) =>
        remote.Addresses.IsEmpty
            ? $"No IP address of {remote.Id.ToShortString()} is known. Get a fresh ticket of the peer."
            : $"None of the addresses of {remote.Id.ToShortString()} ({string.Join(", ", remote.Addresses)}) can be dialed: this endpoint "
            + $"is bound to {string.Join(" and ", _loop.LocalEndPoints)}. Bind it to an address of the same family as well, or to 0.0.0.0 "
            + "and [::] for all networks of the machine.";

    private static CoreSettings SettingsOf(SecretKey key, IrohEndpointOptions options)
    {
        var secret = new ResetSecret(key);
        try
        {
            return new CoreSettings
            {
                Credentials = new RawKeyCredentials(key),
                ResetSecret = secret,
                Budget = new ByteBudget(options.MaxBufferedBytes),
                Pool = options.Pool,
                StreamWindow = options.StreamWindow,
                ConnectionWindow = options.ConnectionWindow,
                SendQueue = options.SendQueue,
                CongestionControl = options.CongestionControl,
                MaxIncomingUniStreams = options.MaxIncomingUniStreams,
                MaxIncomingBidiStreams = options.MaxIncomingBidiStreams,
                IdleTimeout = options.IdleTimeout,
                KeepAlive = options.KeepAlive,
                HandshakeTimeout = options.HandshakeTimeout,
            };
        }
        catch
        {
            secret.Dispose();
            throw;
        }
    }

    private static DriverSettings DriverSettingsOf(IrohEndpointOptions options) => new()
    {
        BindAddresses = options.Sockets,
        Runtime = options.Runtime,
        UseOffload = options.UseOffload,
        MaxConnections = options.MaxConnections,
        MaxHandshakes = options.MaxHandshakes,
        RetryThreshold = options.RetryThreshold,
        IncomingFilter = options.IncomingFilter,
    };
}
