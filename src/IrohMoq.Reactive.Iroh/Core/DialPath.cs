namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Gives ngtcp2 one constant path for a dial, although the peer may have several addresses: the first flight goes to all of them, and the
/// address from which the peer answers is used from then on. The peer sees one connection.
/// </summary>
/// <param name="sink">The sender of the datagrams.</param>
/// <param name="candidates">The paths to dial, at least one. The first one stands for all in ngtcp2.</param>
internal sealed unsafe class DialPath(IDatagramSink sink, IReadOnlyList<NetworkPath> candidates) : IDatagramSink
{
    /// <summary>The maximum number of candidates, those that are added during the dial included.</summary>
    public const int MaxCandidates = 64;

    private readonly List<NetworkPath> _candidates = [.. candidates];
    private NetworkPath? _arriving;
    private NetworkPath? _chosen;
    private NetworkAddress _local;
    private (byte[] Datagrams, int Segment)? _firstFlight;
    private bool _isFixed;
    private bool _isRetried;

    /// <summary>Gets the path that ngtcp2 uses for all the candidates.</summary>
    public NetworkPath Constant { get; private set; } = candidates[0];

    /// <summary>Gets the path on which the peer has answered, or null.</summary>
    public NetworkPath? Chosen => _chosen;

    /// <summary>Gets a value that indicates whether a datagram of another candidate may still change the chosen path.</summary>
    public bool IsOpen => !_isFixed && !_isRetried;

    /// <summary>
    /// Gets the path on which datagrams are sent at present, or the first candidate while none is chosen. Its local address is the one at
    /// which the last datagram arrived.
    /// </summary>
    public NetworkPath Current => (_chosen ?? _candidates[0]) is var path && _chosen is not null && !_local.IsEmpty
        ? path with { Local = _local }
        : path;

    /// <inheritdoc/>
    public byte* Buffer => sink.Buffer;

    /// <summary>Returns the path that ngtcp2 knows for the path of a datagram that has arrived.</summary>
    public NetworkPath OnArrived(in NetworkPath path)
    {
        if (_isFixed)
        {
            if (path.Remote != _chosen!.Value.Remote)
                return path;
            _local = path.Local;
            return Constant;
        }

        _arriving = null;
        foreach (var candidate in _candidates)
        {
            if (candidate.Remote != path.Remote || candidate.Carrier != path.Carrier)
                continue;
            // The local address is the candidate's own, so that the kernel goes on to choose it if it is unspecified.
            _arriving = candidate;
            _local = path.Local;
            return Constant;
        }

        return path;
    }

    /// <summary>
    /// Keeps the chosen path until the end of the handshake, because a Retry has arrived on it: its token is valid only for the address
    /// that the peer has seen on this path. The Retries with which the peer answers the first flight on other paths are ignored by ngtcp2.
    /// </summary>
    public void OnRetry() => _isRetried = true;

    /// <summary>
    /// Chooses the path of the datagram that has arrived last, because the datagram has moved the handshake: it has told the connection id
    /// of the peer, or ended the connection. A datagram that is not authentic cannot choose a path.
    /// </summary>
    public void Choose()
    {
        if (IsOpen && _arriving is { } answered)
            _chosen = answered;
    }

    /// <summary>Keeps the chosen path: the handshake is complete, and the peer has proved its identity on it.</summary>
    public void Fix()
    {
        _chosen ??= _arriving ?? Constant;
        _isFixed = true;
        _firstFlight = null;
    }

    /// <summary>
    /// Adds a path to the candidates and sends it the first flight. Has no effect if the path is a candidate already, if there are too many
    /// candidates, or if the handshake is complete.
    /// </summary>
    public void Add(in NetworkPath path)
    {
        if (_isFixed || _candidates.Count >= MaxCandidates || _candidates.Contains(path))
            return;
        _candidates.Add(path);
        if (_firstFlight is { } flight)
            sink.Send(path, flight.Datagrams, flight.Segment);
    }

    /// <summary>
    /// Returns another constant path for the same addresses. To ngtcp2 it is another network, and that is what it may be: the kernel may
    /// send from another address and over another interface than before. Nothing is sent from its local port.
    /// </summary>
    public NetworkPath NextConstant() => Constant with { Local = Constant.Local with { Port = (ushort)(Constant.Local.Port + 1) } };

    /// <summary>Sets the constant path, which ngtcp2 is given for all datagrams of the dial, after ngtcp2 has migrated to it.</summary>
    public void Replace(in NetworkPath constant) => Constant = constant;

    /// <inheritdoc/>
    public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
    {
        if (path.Remote != Constant.Remote)
            return sink.Send(path, datagrams, segment);
        if (!_isFixed)
            _firstFlight ??= (datagrams.ToArray(), segment);
        if (_chosen is { } chosen)
            return sink.Send(chosen, datagrams, segment);
        var isSent = false;
        foreach (var candidate in _candidates)
            isSent |= sink.Send(candidate, datagrams, segment);
        return isSent;
    }
}
