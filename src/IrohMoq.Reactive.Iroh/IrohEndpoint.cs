using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
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
/// Represents an endpoint that dials iroh peers and accepts their connections: QUIC with raw public keys, on one UDP socket and one I/O
/// thread. Every member may be called from any thread.
/// </summary>
public sealed class IrohEndpoint : IEndpoint
{
    private const int MostAddresses = 8;
    private const int MostProtocols = 64;
    private const int LongestProtocol = 255;

    private readonly IrohEndpointOptions _options;
    private readonly IoLoop _loop;
    private readonly ILogger _log;
    private readonly Acceptor _acceptor;
    private readonly DialAttempts _dials;
    private int _disposed;

    private IrohEndpoint(SecretKey key, IrohEndpointOptions options)
    {
        _options = options;
        Id = key.Id;
        _log = options.LoggerFactory.CreateLogger("IrohMoq.Reactive.Iroh");
        _acceptor = new Acceptor(options.Runtime, options.MaxUnaccepted);
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
        Address = new EndpointAddr(Id, [.. Reachable(_loop.LocalEndPoint)]);
        _loop.Start();
    }

    /// <inheritdoc/>
    public EndpointId Id { get; }

    /// <inheritdoc/>
    public EndpointAddr Address { get; }

    /// <inheritdoc/>
    public EndpointTicket Ticket => new(Address);

    /// <summary>Gets the address that the socket is bound to.</summary>
    public IPEndPoint LocalEndPoint => _loop.LocalEndPoint;

    /// <inheritdoc/>
    public Task<Exception?> Closed => _loop.Ended;

    /// <inheritdoc/>
    public Runtime Runtime => _options.Runtime;

    /// <summary>Gets the name of the kernel offload that is in use.</summary>
    internal string Offload => _loop.Offload;

    internal IoLoop Loop => _loop;

    /// <summary>Creates an endpoint: binds its socket and starts its I/O thread.</summary>
    /// <param name="key">The key of this peer; null for a new key, which is not saved.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="cancellationToken">Checked before the endpoint is created.</param>
    /// <exception cref="NativeLibraryException">A native library is missing or too old; the message says how to install it.</exception>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
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
        var family = _loop.LocalEndPoint.AddressFamily;
        ImmutableArray<IPEndPoint> addresses =
            [.. remote.Addresses.Where(address => address.AddressFamily == family).OrderByDescending(IsLoopback).Take(MostAddresses)];
        if (addresses.IsEmpty)
        {
            throw new MoqConnectException(
                ConnectError.NoAddress,
                $"No address of {remote.Id.ToShortString()} can be dialed from {_loop.LocalEndPoint}. "
                + "An IP address of the same family is needed, for example from a fresh ticket.");
        }

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

    /// <summary>Closes every connection with code 0 and releases the native resources. A further call waits for the first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _loop.Stop();
        await _loop.Ended.ConfigureAwait(false);
        await _acceptor.DisposeAllAsync().ConfigureAwait(false);
    }

    /// <summary>Validates the protocol names, which must have 1 to 255 ASCII characters each, and returns a copy of the list.</summary>
    private static string[] Checked(IReadOnlyList<string> protocols)
    {
        ArgumentNullException.ThrowIfNull(protocols);
        if (protocols.Count > MostProtocols)
            throw new ArgumentException($"At most {MostProtocols} protocols can be named.", nameof(protocols));
        foreach (var protocol in protocols)
        {
            if (string.IsNullOrEmpty(protocol) || protocol.Length > LongestProtocol || !Ascii.IsValid(protocol))
                throw new ArgumentException(
                    $"'{protocol}' is not a protocol name. It must have 1 to {LongestProtocol} ASCII characters.", nameof(protocols));
        }

        return [.. protocols];
    }

    private static bool IsLoopback(IPEndPoint address) => IPAddress.IsLoopback(address.Address);

    /// <summary>
    /// Returns the addresses at which peers can reach a socket: the address that the socket is bound to or, if that is a wildcard address,
    /// all addresses of the machine.
    /// </summary>
    private static IEnumerable<IPEndPoint> Reachable(IPEndPoint bound)
    {
        if (!bound.Address.Equals(IPAddress.Any) && !bound.Address.Equals(IPAddress.IPv6Any))
            return [bound];
        return NetworkInterface.GetAllNetworkInterfaces()
            .Where(card => card.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => address.AddressFamily == bound.AddressFamily && !address.IsIPv6LinkLocal)
            .Select(address => new IPEndPoint(address, bound.Port));
    }

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
        BindAddress = options.BindAddress,
        Runtime = options.Runtime,
        UseOffload = options.UseOffload,
        MaxConnections = options.MaxConnections,
        MaxHandshakes = options.MaxHandshakes,
        RetryThreshold = options.RetryThreshold,
    };
}
