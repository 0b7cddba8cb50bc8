namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Gives ngtcp2 one constant path for a dial, although the peer may have several addresses: the first flight goes to all of them, and the
/// address from which the peer answers is used from then on. The peer sees one connection.
/// </summary>
/// <param name="sink">The sender of the datagrams.</param>
/// <param name="candidates">The paths to dial, at least one. The first one stands for all in ngtcp2.</param>
internal sealed unsafe class DialPath(IDatagramSink sink, IReadOnlyList<NetworkPath> candidates) : IDatagramSink
{
    private NetworkPath? _chosen;
    private bool _isFixed;
    private bool _isRetried;

    /// <summary>Gets the path that ngtcp2 uses for all the candidates.</summary>
    public NetworkPath Constant { get; } = candidates[0];

    /// <summary>Gets the path on which the peer has answered, or null.</summary>
    public NetworkPath? Chosen => _chosen;

    /// <summary>Gets a value that indicates whether a datagram of another candidate may still change the chosen path.</summary>
    public bool IsOpen => !_isFixed && !_isRetried;

    /// <inheritdoc/>
    public byte* Buffer => sink.Buffer;

    /// <summary>
    /// Returns the path that ngtcp2 knows for the path of a datagram that has arrived. Until the handshake is complete, the path of the
    /// last datagram of a candidate is chosen: a datagram that is not authentic cannot keep the connection on a wrong path.
    /// </summary>
    public NetworkPath OnArrived(in NetworkPath path)
    {
        if (_isFixed)
            return path.Remote == _chosen!.Value.Remote ? Constant : path;
        foreach (var candidate in candidates)
        {
            if (candidate.Remote != path.Remote || candidate.Carrier != path.Carrier)
                continue;
            // The local address is the candidate's own, so that the kernel goes on to choose it if it is unspecified.
            if (!_isRetried)
                _chosen = candidate;
            return Constant;
        }

        return path;
    }

    /// <summary>
    /// Keeps the chosen path until the end of the handshake, because a Retry has arrived on it: its token is valid only for the address
    /// that the peer has seen on this path. The Retries with which the peer answers the first flight on other paths are ignored by ngtcp2.
    /// </summary>
    public void OnRetry() => _isRetried = true;

    /// <summary>Keeps the chosen path: the handshake is complete, and the peer has proved its identity on it.</summary>
    public void Fix()
    {
        _chosen ??= Constant;
        _isFixed = true;
    }

    /// <inheritdoc/>
    public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
    {
        if (path.Remote != Constant.Remote)
            return sink.Send(path, datagrams, segment);
        if (_chosen is { } chosen)
            return sink.Send(chosen, datagrams, segment);
        var isSent = false;
        foreach (var candidate in candidates)
            isSent |= sink.Send(candidate, datagrams, segment);
        return isSent;
    }
}
