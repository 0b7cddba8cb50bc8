using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;

namespace IrohMoq.Reactive.Iroh.Quic;

/// <summary>
/// Contains the part of a connection that runs on the I/O thread and calls ngtcp2: it processes received datagrams, expired timers, and the
/// work that the application has handed over.
/// </summary>
internal sealed unsafe partial class QuicConnection
{
    private const ulong NeverExpires = ulong.MaxValue;

    private readonly Dictionary<long, QuicStream> _streams = [];
    private readonly List<ConnectionId> _ids = [];
    private readonly List<ResetToken> _peerTokens = [];
    private GCHandle _self;
    private TlsSession? _tls;
    private EndpointId? _expected;
    private Exception? _fault;
    private bool _isWrongPeer;
    private bool _isReset;

    // Reused, so that handing over work allocates no memory.
    private List<QuicStream> _openedTaken = [];
    private List<QuicSendStream> _toSendTaken = [];
    private List<QuicReceiveStream> _toReceiveTaken = [];

    /// <summary>Gets the native ngtcp2_conn object, or null after it has been deleted.</summary>
    internal void* Native { get; private set; }

    /// <summary>
    /// Gets or sets a value that indicates whether the connection is in the list of connections that may send in this round. Only the I/O
    /// thread may use it.
    /// </summary>
    internal bool IsActive { get; set; }

    /// <summary>
    /// Gets or sets the index of the connection in the heap of <see cref="Timeline"/>, or -1 if it is not in the heap. Only the I/O thread
    /// may use it.
    /// </summary>
    internal int PlaceInTime { get; set; } = -1;

    /// <summary>
    /// Gets or sets the time in nanoseconds at which <see cref="Timeline"/> returns the connection: its <see cref="Expiry"/> after its last
    /// turn. Only the I/O thread may use it.
    /// </summary>
    internal ulong Due { get; set; } = NeverExpires;

    internal IReadOnlyList<ConnectionId> Ids => _ids;

    internal IReadOnlyList<ResetToken> PeerTokens => _peerTokens;

    internal bool IsEstablished { get; private set; }

    /// <summary>Gets the time in nanoseconds at which the next timer of ngtcp2 expires.</summary>
    internal ulong Expiry => Native is null ? NeverExpires : Ngtcp2.GetExpiry(Native);

    internal static QuicConnection From(void* userData) => (QuicConnection)GCHandle.FromIntPtr((nint)userData).Target!;

    /// <summary>Processes a packet that was received for this connection.</summary>
    internal void Receive(NgPath* path, byte* packet, int length, ulong now)
    {
        if (Native is null)
            return;
        CountReceived(length);
        try
        {
            NgPacketInfo info = default;
            QuicCallbacks.Stops.Clear();
            var result = Ngtcp2.ReadPacket(Native, path, (int)Ngtcp2.Version1, &info, packet, (nuint)length, now);
            if (result != 0)
            {
                Fail(result, now);
                return;
            }

            foreach (var (stream, code) in QuicCallbacks.Stops)
                OnStreamStopped(stream, code);
            CloseResetUnseen(now);
        }
        catch (Exception fault)
        {
            Break(fault, now);
        }
    }

    /// <summary>Processes the timers of ngtcp2 that have expired.</summary>
    internal void HandleExpiry(ulong now)
    {
        if (Native is null)
            return;
        try
        {
            var result = Ngtcp2.HandleExpiry(Native, now);
            if (result != 0)
                Fail(result, now);
        }
        catch (Exception fault)
        {
            Break(fault, now);
        }
    }

    /// <summary>Takes and processes the work that the application has handed over.</summary>
    internal void TakeHandOver(ulong now)
    {
        (ulong Code, string Reason)? close;
        int uniCredit, bidiCredit;
        lock (_gate)
        {
            _isHandedOver = false;
            (_opened, _openedTaken) = (_openedTaken, _opened);
            (_toSend, _toSendTaken) = (_toSendTaken, _toSend);
            (_toReceive, _toReceiveTaken) = (_toReceiveTaken, _toReceive);
            (uniCredit, _uniCredit) = (_uniCredit, 0);
            (bidiCredit, _bidiCredit) = (_bidiCredit, 0);
            close = _toClose;
            foreach (var stream in _toSendTaken)
                stream.IsHandedOver = false;
            foreach (var stream in _toReceiveTaken)
                stream.IsHandedOver = false;
        }

        var readCredit = Interlocked.Exchange(ref _readCredit, 0);
        try
        {
            if (Native is not null)
            {
                foreach (var stream in _openedTaken)
                    Open(stream);
                foreach (var stream in _toSendTaken)
                    TakeSend(stream);
                foreach (var stream in _toReceiveTaken)
                    TakeReceive(stream);
                if (readCredit > 0)
                    Ngtcp2.ExtendMaxOffset(Native, (ulong)readCredit);
                if (uniCredit > 0)
                    Ngtcp2.ExtendMaxStreamsUni(Native, (nuint)uniCredit);
                if (bidiCredit > 0)
                    Ngtcp2.ExtendMaxStreamsBidi(Native, (nuint)bidiCredit);
                if (close is { } application)
                {
                    // Work that was handed over before the close is sent first, because a reset carries the code with which its stream
                    // ended and the close does not.
                    FillPackets(now);
                    if (Native is not null)
                        CloseByApplication(application.Code, application.Reason, now);
                }
            }
        }
        catch (Exception fault)
        {
            Break(fault, now);
        }

        _openedTaken.Clear();
        _toSendTaken.Clear();
        _toReceiveTaken.Clear();
    }

    /// <summary>Checks the public key that the peer has presented, and stores it. Called by the TLS verify callback.</summary>
    /// <returns>True if the key is acceptable; false if another key was dialed.</returns>
    internal bool OnPeerKey(ReadOnlySpan<byte> key)
    {
        var id = new EndpointId(key);
        if (_expected is { } expected && expected != id)
        {
            _isWrongPeer = true;
            return false;
        }

        _remoteId = key.ToArray();
        return true;
    }

    /// <summary>Stores an exception that a callback threw. The connection ends with the first exception.</summary>
    internal void OnFault(Exception fault) => _fault ??= fault;

    private void Open(QuicStream stream)
    {
        // Added first, so that the stream is notified of the end of the connection even if it cannot be opened.
        _streams.Add(stream.Id, stream);
        long id;
        var result = stream.IsUni ? Ngtcp2.OpenUni(Native, &id, null) : Ngtcp2.OpenBidi(Native, &id, null);
        if (result != 0 || id != stream.Id)
            throw new InvalidOperationException(
                $"Stream {stream.Id} could not be opened: {(result != 0 ? Ngtcp2.Describe(result) : $"it became {id}")}.");
    }

    private void TakeSend(QuicSendStream stream)
    {
        if (!_streams.ContainsKey(stream.Id))
            return;
        if (stream.TakeReset() is { } code)
        {
            _ = Ngtcp2.ShutdownStreamWrite(Native, 0, stream.Id, code);
            return;
        }

        if (stream.TakeOrder() is { } order)
            _schedule.Reorder(stream, order);
        if (stream.HasWork)
            _schedule.Add(stream);
    }

    private void TakeReceive(QuicReceiveStream stream)
    {
        var stop = stream.TakeStop(out var credit);
        if (!_streams.ContainsKey(stream.Id))
            return;
        if (credit > 0)
            _ = Ngtcp2.ExtendMaxStreamOffset(Native, stream.Id, (ulong)credit);
        if (stop is { } code)
            _ = Ngtcp2.ShutdownStreamRead(Native, 0, stream.Id, code);
    }
}
