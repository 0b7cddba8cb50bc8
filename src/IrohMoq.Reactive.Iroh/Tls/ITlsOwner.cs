namespace IrohMoq.Reactive.Iroh.Tls;

/// <summary>Represents the owner of a <see cref="TlsSession"/>, which is called during the handshake.</summary>
internal unsafe interface ITlsOwner
{
    /// <summary>Gets the native connection (ngtcp2_conn).</summary>
    void* Native { get; }

    /// <summary>
    /// Determines whether to accept the peer with the specified public key. The peer has proved that it holds the private key.
    /// </summary>
    /// <param name="key">The 32 bytes of the public key.</param>
    /// <returns>True to accept the peer; false to fail the handshake.</returns>
    bool OnPeerKey(ReadOnlySpan<byte> key);

    /// <summary>An exception was thrown in a callback. The handshake fails.</summary>
    void OnFault(Exception fault);
}
