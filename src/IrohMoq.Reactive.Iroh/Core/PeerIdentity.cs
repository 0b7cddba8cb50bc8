using IrohMoq.Reactive.Iroh.Tls;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>Checks the identity of a peer during the handshake.</summary>
/// <param name="expected">The id of the peer that was dialed, or null to accept any peer.</param>
internal sealed class PeerIdentity(EndpointId? expected)
{
    /// <summary>Gets the 32 bytes of the key that the peer has proved to hold, or an empty array.</summary>
    public byte[] Id { get; private set; } = [];

    /// <summary>Gets a value that indicates whether the peer holds another key than the one that was dialed.</summary>
    public bool IsWrongPeer { get; private set; }

    /// <summary>Gets a description of why the key of the peer was not accepted, or null.</summary>
    public string? Objection { get; private set; }

    /// <summary>Determines whether to accept the peer with the specified public key.</summary>
    public bool Check(ReadOnlySpan<byte> key)
    {
        IsWrongPeer = expected is { } id && id != new EndpointId(key);
        Objection = IsWrongPeer ? "the peer holds another key than the one that was dialed"
            : WeakKeys.Contains(key) ? "the key of the peer is weak: anybody can sign for it, so that it proves no identity"
            : null;
        if (Objection is not null)
            return false;
        Id = key.ToArray();
        return true;
    }

    /// <summary>Determines whether the connection can begin after the TLS handshake.</summary>
    /// <param name="protocol">The negotiated application protocol, or an empty string.</param>
    /// <returns>The reason to end the connection, or null.</returns>
    public CloseReason? Verify(string protocol)
    {
        if (protocol.Length == 0)
            return new CloseReason(CloseReason.NoApplicationProtocol, "no application protocol was agreed on");
        // TLS requires a key; this makes sure that no peer without one is accepted.
        return Id.Length == EndpointId.Size
            ? null
            : new CloseReason(CloseReason.CertificateRequired, "the peer has shown no key");
    }
}
