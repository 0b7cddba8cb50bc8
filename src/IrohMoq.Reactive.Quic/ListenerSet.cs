using System.Collections.Immutable;
using System.Net;
using System.Net.Quic;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace IrohMoq.Reactive.Quic;

/// <summary>
/// Accepts connections at one address. Each protocol has a listener of its own, because the protocols of a listener cannot be changed.
/// While no protocol is served, a listener for <see cref="IdleProtocol"/> holds the port, and answers dials.
/// </summary>
/// <param name="settings">The settings of the connections.</param>
/// <param name="accept">The function that takes over an accepted connection, which is served.</param>
/// <param name="log">The log.</param>
internal sealed class ListenerSet(QuicSettings settings, Action<QuicConnection> accept, ILogger log)
{
    /// <summary>
    /// The protocol that each dial of a peer offers besides its own ones. A peer that serves no protocol accepts it, and closes the
    /// connection: without it, the dial would fail as if the peer served other protocols.
    /// </summary>
    public const string IdleProtocol = "irohmoq-not-serving";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, QuicListener> _listeners = [];
    private ImmutableArray<string> _protocols = [];
    private bool _isDisposed;

    /// <summary>Gets the address of the listeners.</summary>
    public IPEndPoint LocalEndPoint { get; private set; } = settings.Options.BindAddress;

    /// <summary>Sets the protocols that are served from now on, in order of preference.</summary>
    public void Listen(IReadOnlyList<string> protocols)
    {
        List<QuicListener> removed = [];
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(QuicEndpoint));
            _protocols = protocols.Count == 0 ? [IdleProtocol] : [.. protocols];
            foreach (var protocol in _protocols.Except(_listeners.Keys).ToArray())
                _listeners.Add(protocol, Start(protocol));
            foreach (var protocol in _listeners.Keys.Except(_protocols).ToArray())
            {
                _listeners.Remove(protocol, out var listener);
                removed.Add(listener!);
            }
        }

        foreach (var listener in removed)
            log.DisposeInBackground(listener);
    }

    public async ValueTask DisposeAsync()
    {
        QuicListener[] removed;
        lock (_gate)
        {
            _isDisposed = true;
            removed = [.. _listeners.Values];
            _listeners.Clear();
        }

        foreach (var listener in removed)
            await listener.DisposeAsync().ConfigureAwait(false);
    }

    private QuicListener Start(string protocol)
    {
        var listener = Begin(new QuicListenerOptions
        {
            ListenEndPoint = LocalEndPoint,
            ApplicationProtocols = QuicSettings.Protocols([protocol]),
            ConnectionOptionsCallback = (connection, hello, _) => ValueTask.FromResult(OptionsOf(connection, hello.ServerName)),
        });
        LocalEndPoint = listener.LocalEndPoint;
        _ = AcceptAllAsync(listener);
        return listener;
    }

    private static QuicListener Begin(QuicListenerOptions options)
    {
        try
        {
#pragma warning disable VSTHRD002, CA2012 // The call completes synchronously.
            return QuicListener.ListenAsync(options).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002, CA2012
        }
        catch (QuicException shared) when (shared.QuicError == QuicError.AlpnInUse)
        {
            // Listeners of one process share their ports.
            throw new SocketException((int)SocketError.AddressAlreadyInUse, "Another endpoint of this process has this address.");
        }
    }

    /// <summary>Returns the options for a client. Peers dial without a name.</summary>
    private QuicServerConnectionOptions OptionsOf(QuicConnection connection, string name)
    {
        if (name.Length > 0 && settings.Options.ServerCertificate is { } named)
            return settings.NamedServer(named, _protocols);
        var remote = connection.RemoteEndPoint;
        return settings.Server(_protocols, presented => IsPeer(presented, remote));
    }

    private bool IsPeer(X509Certificate? presented, IPEndPoint remote)
    {
        if (PeerCertificate.TryVerify(presented, QuicEndpoint.Now, out _, out var problem))
            return true;
        log.PeerRefused(remote, problem);
        return false;
    }

    /// <summary>
    /// Accepts connections until the listener is disposed. A failed handshake is reported here, and does not end the loop.
    /// </summary>
    private async Task AcceptAllAsync(QuicListener listener)
    {
        while (true)
        {
            try
            {
                Take(await listener.AcceptConnectionAsync().ConfigureAwait(false));
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (Exception failure)
            {
                log.HandshakeFailed(failure);
            }
        }
    }

    private void Take(QuicConnection connection)
    {
        try
        {
            if (connection.NegotiatedApplicationProtocol != QuicSettings.Protocols([IdleProtocol])[0])
            {
                accept(connection);
                return;
            }
        }
        catch (Exception fault)
        {
            log.AcceptFault(fault);
        }

        log.DisposeInBackground(connection);
    }
}
