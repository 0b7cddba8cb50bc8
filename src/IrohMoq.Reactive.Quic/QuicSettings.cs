using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace IrohMoq.Reactive.Quic;

/// <summary>Creates the options of System.Net.Quic from those of an endpoint.</summary>
/// <param name="certificate">The certificate that proves the ID of this peer.</param>
/// <param name="options">The options of the endpoint.</param>
internal sealed class QuicSettings(X509Certificate2 certificate, QuicEndpointOptions options) : IDisposable
{
    /// <summary>The number of bytes that a peer may send on one stream before they are read. It must be a power of two.</summary>
    private const int StreamWindow = 1 << 20;

    /// <summary>The number of bytes that a peer may send on all streams before they are read. It must be a power of two.</summary>
    private const int ConnectionWindow = 16 << 20;

    private readonly SslStreamCertificateContext _certificate = SslStreamCertificateContext.Create(certificate, null, offline: true);

    public QuicEndpointOptions Options => options;

    /// <summary>
    /// Returns the options of a dial. The certificate of the server is passed to a function, which accepts or refuses it.
    /// </summary>
    public QuicClientConnectionOptions Client(
        DialTarget target, EndPoint remote, Func<X509Certificate?, SslPolicyErrors, bool> isAccepted) =>
        With(new QuicClientConnectionOptions
        {
            RemoteEndPoint = remote,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                ApplicationProtocols = Protocols(target.Offered),
                // Servers with a name are not told the ID of this peer.
                ClientCertificateContext = target.Host is null ? _certificate : null,
                TargetHost = target.Host,
                CertificateChainPolicy = target.ChainPolicy,
                RemoteCertificateValidationCallback = (_, presented, _, errors) => isAccepted(presented, errors),
            },
        });

    /// <summary>Returns the options of the connection of a client that has dialed a name: it proves no ID.</summary>
    public QuicServerConnectionOptions NamedServer(SslStreamCertificateContext named, IEnumerable<string> protocols) =>
        With(new QuicServerConnectionOptions
        {
            ServerAuthenticationOptions = new SslServerAuthenticationOptions
            {
                ApplicationProtocols = Protocols(protocols),
                ServerCertificateContext = named,
            },
        });

    /// <summary>Returns the options of the connection of a peer, which must prove its ID. The order of the protocols decides.</summary>
    public QuicServerConnectionOptions Server(IEnumerable<string> protocols, Func<X509Certificate?, bool> isAccepted) =>
        With(new QuicServerConnectionOptions
        {
            ServerAuthenticationOptions = new SslServerAuthenticationOptions
            {
                ApplicationProtocols = Protocols(protocols),
                ServerCertificateContext = _certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, presented, _, _) => isAccepted(presented),
            },
        });

    public static List<SslApplicationProtocol> Protocols(IEnumerable<string> protocols) =>
        [.. protocols.Select(static protocol => new SslApplicationProtocol(protocol))];

    public void Dispose() => certificate.Dispose();

    private T With<T>(T connection)
        where T : QuicConnectionOptions
    {
        connection.DefaultStreamErrorCode = 0;
        connection.DefaultCloseErrorCode = 0;
        connection.MaxInboundUnidirectionalStreams = options.MaxIncomingUniStreams;
        connection.MaxInboundBidirectionalStreams = options.MaxIncomingBidiStreams;
        connection.InitialReceiveWindowSizes = new QuicReceiveWindowSizes
        {
            Connection = ConnectionWindow,
            LocallyInitiatedBidirectionalStream = StreamWindow,
            RemotelyInitiatedBidirectionalStream = StreamWindow,
            UnidirectionalStream = StreamWindow,
        };
        connection.IdleTimeout = options.IdleTimeout;
        connection.KeepAliveInterval = options.KeepAlive;
        connection.HandshakeTimeout = options.HandshakeTimeout;
        return connection;
    }
}
