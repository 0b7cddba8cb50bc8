using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace IrohMoq.Reactive.Quic;

/// <summary>Represents what a dial connects to: a peer by its ID, or a server by its name.</summary>
internal abstract class DialTarget
{
    /// <summary>Gets the addresses to dial.</summary>
    public required ImmutableArray<IPEndPoint> Addresses { get; init; }

    /// <summary>Gets the protocols to offer.</summary>
    public required ImmutableArray<string> Offered { get; init; }

    /// <summary>Gets the name of the server; null for a peer, which is dialed without a name.</summary>
    public virtual string? Host => null;

    /// <summary>Gets the policy with which the certificate of a server is validated; null for that of the operating system.</summary>
    public virtual X509ChainPolicy? ChainPolicy => null;

    /// <summary>Returns the exception of the dial if a certificate is not accepted, or null.</summary>
    public abstract MoqConnectException? Verify(X509Certificate? presented, SslPolicyErrors errors, IPEndPoint address);
}

/// <summary>Represents a peer, which proves its ID.</summary>
internal sealed class PeerTarget(EndpointId id) : DialTarget
{
    public override MoqConnectException? Verify(X509Certificate? presented, SslPolicyErrors errors, IPEndPoint address) =>
        !PeerCertificate.TryVerify(presented, QuicEndpoint.Now, out var proved, out var problem)
            ? new MoqConnectException(ConnectError.HandshakeFailed, $"The peer at {address} proves no ID: {problem}.")
            : proved != id
                ? new MoqConnectException(
                    ConnectError.WrongPeer,
                    $"The endpoint at {address} holds another key than the one that was dialed. Check the id, or get a fresh ticket.")
                : null;
}

/// <summary>Represents a server, which has a certificate for its name.</summary>
internal sealed class ServerTarget(string host, ServerValidation validation) : DialTarget
{
    public override string Host => host;

    public override X509ChainPolicy? ChainPolicy => validation.ChainPolicy;

    /// <summary>Returns the addresses of a server.</summary>
    public static async ValueTask<ImmutableArray<IPEndPoint>> ResolveAsync(DnsEndPoint server, CancellationToken cancellationToken)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(server.Host, cancellationToken).ConfigureAwait(false);
            if (addresses.Length > 0)
                return [.. addresses.Select(address => new IPEndPoint(address, server.Port))];
        }
        catch (SocketException failure)
        {
            throw Unknown(server, failure);
        }

        throw Unknown(server, null);
    }

    public override MoqConnectException? Verify(X509Certificate? presented, SslPolicyErrors errors, IPEndPoint address) =>
        validation.ProblemOf(presented, errors, QuicEndpoint.Now) is { } problem
            ? new MoqConnectException(ConnectError.HandshakeFailed, $"The server {host} at {address} is not accepted: {problem}.")
            : null;

    private static MoqConnectException Unknown(DnsEndPoint server, Exception? failure) => new(
        ConnectError.NoAddress, $"No address of the server {server.Host} is known. Check the name.", innerException: failure);
}
