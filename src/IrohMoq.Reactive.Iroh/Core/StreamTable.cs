using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Contains the open streams of one connection, passes them what arrives, and schedules those that have something to send. Methods that are
/// named On... are called by ngtcp2, which they must not call except to extend credit.
/// </summary>
internal sealed unsafe class StreamTable(
    NativeConnection native, ICoreEvents events, CoreSettings settings, ReceiveAccount account, bool isServer)
{
    /// <summary>
    /// The maximum number of leaked streams; see <see cref="CloseResetUnseen"/> and <see cref="GiveUpStopped"/>. Each costs some hundred
    /// bytes.
    /// </summary>
    private const int MaxLeakedStreams = 1 << 16;

    /// <summary>The time, in nanoseconds, in which ngtcp2 must close a stopped stream.</summary>
    private const ulong MaxStopTime = 10_000_000_000;

    private readonly Dictionary<long, QuicStream> _streams = [];
    private readonly List<ReceiveStreamState> _news = [];
    private readonly List<SendStreamState> _acknowledged = [];
    private readonly List<long> _resetUnseen = [];
    private readonly Queue<(long Id, ulong At)> _stopped = new();
    // Most packets belong to the same stream as the packet before.
    private QuicStream? _last;
    private long _credit;
    private int _leakedStreams;
    private ulong _now;

    /// <summary>Gets the number of open streams. On other threads than that of the core the value may be outdated.</summary>
    public int Count => _streams.Count;

    /// <summary>Gets the streams that have something to send, in the order in which they send.</summary>
    public SendSchedule Schedule { get; } = new();

    /// <summary>Gets the reason for which a stream must end the connection, or null.</summary>
    public CloseReason? Problem { get; private set; }

    /// <summary>
    /// Gets the number of streams that ngtcp2 does not release; see <see cref="CloseResetUnseen"/> and <see cref="GiveUpStopped"/>.
    /// </summary>
    public int LeakedStreams => Volatile.Read(ref _leakedStreams);

    /// <summary>Opens a stream of this side. The ids must be in order.</summary>
    /// <exception cref="InvalidOperationException">The peer does not allow another stream, or the id is not the next one.</exception>
    public void Open(QuicStream stream)
    {
        // Added first, so that the stream is notified of the end of the connection even if it cannot be opened.
        _streams.Add(stream.Id, stream);
        long id;
        var result = stream.IsUni ? Ngtcp2.OpenUni(native.Handle, &id, null) : Ngtcp2.OpenBidi(native.Handle, &id, null);
        if (result != 0 || id != stream.Id)
        {
            throw new InvalidOperationException(
                $"Stream {stream.Id} could not be opened: {(result != 0 ? Ngtcp2.Describe(result) : $"it became {id}")}.");
        }
    }

    /// <summary>Takes a reset, another order, or new data from a stream.</summary>
    public void Update(SendStreamState stream)
    {
        if (!_streams.ContainsKey(stream.Id))
            return;
        if (SendReset(stream))
            return;
        if (stream.TakeOrder() is { } order)
            Schedule.Reorder(stream, order);
        if (stream.HasWork)
            Schedule.Add(stream);
    }

    /// <summary>Takes a stop or credit from a stream.</summary>
    public void Update(ReceiveStreamState stream)
    {
        var stop = stream.TakeStop(out var credit);
        if (!_streams.ContainsKey(stream.Id))
            return;
        if (credit > 0)
            _ = Ngtcp2.ExtendMaxStreamOffset(native.Handle, stream.Id, (ulong)credit);
        if (stop is not { } code)
            return;
        _ = Ngtcp2.ShutdownStreamRead(native.Handle, 0, stream.Id, code);
        _stopped.Enqueue((stream.Id, _now));
    }

    /// <summary>Sends the reset of a stream if one was requested and may be sent now.</summary>
    /// <returns>True if the stream was reset.</returns>
    public bool SendReset(SendStreamState stream)
    {
        if (!stream.IsResetWanted || stream.TakeReset() is not { } code)
            return false;
        _ = Ngtcp2.ShutdownStreamWrite(native.Handle, 0, stream.Id, code);
        return true;
    }

    /// <returns>False if the connection must end; see <see cref="Problem"/>.</returns>
    public bool OnData(long id, bool fin, ReadOnlySpan<byte> bytes)
    {
        long credit = bytes.Length;
        if (Find(id) is { Receive: { } receive } stream)
        {
            stream.HasCome = true;
            credit = receive.OnData(bytes, fin);
            if (!receive.IsNews)
            {
                receive.IsNews = true;
                _news.Add(receive);
            }
        }

        _credit += credit;
        if (!settings.Budget.IsOver || account.Held <= events.FairShare)
            return true;
        Problem = new CloseReason(
            CloseReason.InternalError,
            $"all connections keep more than {settings.Budget.Most} bytes, and this one more than its share");
        return false;
    }

    public void OnOpened(long id) => Find(id);

    public void OnAcknowledged(long id, ulong count)
    {
        if (TryGet(id, out var stream) && stream.Send is { } send && send.OnAcknowledged((long)count))
            _acknowledged.Add(send);
    }

    public void OnReset(long id, ulong code)
    {
        if (Find(id) is not { Receive: { } receive } stream)
            return;
        var credit = receive.OnReset(code);
        if (credit > 0)
            Ngtcp2.ExtendMaxOffset(native.Handle, (ulong)credit);
        if (stream.IsUni && !stream.HasCome)
            _resetUnseen.Add(id);
    }

    /// <summary>The peer has stopped a stream that this side writes.</summary>
    public void OnStopped(long id, ulong code)
    {
        if (_streams.TryGetValue(id, out var stream))
            stream.Send?.OnStopped(code);
    }

    public void OnCredit(long id)
    {
        if (_streams.TryGetValue(id, out var stream) && stream.Send is { HasWork: true } send)
            Schedule.Add(send);
    }

    /// <summary>Both directions of the stream have ended, and ngtcp2 no longer uses its bytes.</summary>
    public void OnClosed(long id, ulong code)
    {
        if (!_streams.Remove(id, out var stream))
            return;
        _last = null;
        if (stream.Send is { } send)
        {
            Schedule.Remove(send);
            send.OnClosed(code);
        }

        stream.Receive?.OnClosed();
        if (stream.IsLeaked)
            _leakedStreams--;
        AllowAnother(stream);
    }

    /// <summary>
    /// Closes the unidirectional streams of the peer whose first frame was a reset. ngtcp2 (1.11 at least) never closes such a stream. It
    /// counts as closed here, so that the peer can open another one. ngtcp2 keeps it until the connection ends, so the number of such
    /// streams is limited.
    /// </summary>
    /// <returns>False if the connection must end; see <see cref="Problem"/>.</returns>
    public bool CloseResetUnseen()
    {
        if (_resetUnseen.Count == 0)
            return true;
        foreach (var id in _resetUnseen)
        {
            if (!_streams.ContainsKey(id))
                continue;
            OnClosed(id, 0);
            _leakedStreams++;
        }

        _resetUnseen.Clear();
        return CheckLeaks();
    }

    /// <summary>
    /// Counts streams that this side has stopped long ago, and does not write, as closed, so that the peer can open others. ngtcp2 (1.11 at
    /// least) discards what had arrived of a stopped stream behind a gap, although it was acknowledged. If the rest arrives before the peer
    /// learns of the stop, the peer has nothing left to send, and ngtcp2 never closes the stream.
    /// </summary>
    /// <returns>False if the connection must end; see <see cref="Problem"/>.</returns>
    public bool GiveUpStopped(ulong now)
    {
        _now = now;
        while (_stopped.TryPeek(out var stopped))
        {
            // Streams that ngtcp2 has closed are removed at once, so that the queue has the streams of about one round trip.
            if (!_streams.TryGetValue(stopped.Id, out var stream))
            {
                _stopped.Dequeue();
                continue;
            }

            if (stopped.At + MaxStopTime > now)
                break;
            _stopped.Dequeue();
            if (stream.Send is { HasEnded: false })
            {
                // This side still writes the stream, so it is rightly open.
                _stopped.Enqueue((stopped.Id, now));
                continue;
            }

            // The stream stays in the table, because it may be closed all the same.
            stream.IsLeaked = true;
            _leakedStreams++;
            AllowAnother(stream);
        }

        return CheckLeaks();
    }

    /// <summary>
    /// Passes on what the packets have brought: releases the data that was acknowledged, grants credit, and wakes the readers. Called once
    /// for all packets at hand, because these steps for each packet cost more than reading the packet.
    /// </summary>
    public void OnPacketsRead()
    {
        foreach (var stream in _acknowledged)
            stream.TakeAcknowledged();
        _acknowledged.Clear();
        var isOpen = native.Handle is not null;
        if (isOpen && _credit > 0)
            Ngtcp2.ExtendMaxOffset(native.Handle, (ulong)_credit);
        _credit = 0;
        foreach (var stream in _news)
        {
            var credit = stream.TakeArrivedCredit();
            if (isOpen && credit > 0)
                _ = Ngtcp2.ExtendMaxStreamOffset(native.Handle, stream.Id, (ulong)credit);
            stream.Wake();
        }

        _news.Clear();
    }

    /// <summary>Notifies all streams of the end of the connection and removes them.</summary>
    public void Clear(TransportEnd end)
    {
        foreach (var stream in _streams.Values)
        {
            stream.Send?.OnConnectionClosed(end);
            stream.Receive?.OnClosed(end);
        }

        _streams.Clear();
        _last = null;
        Schedule.Clear();
    }

    /// <summary>Allows the peer to open another stream instead of one that was accepted and is closed.</summary>
    private void AllowAnother(QuicStream stream)
    {
        if (stream.IsOurs || !stream.TakesCreditStep())
            return;
        if (stream.IsUni)
            Ngtcp2.ExtendMaxStreamsUni(native.Handle, 1);
        else
            Ngtcp2.ExtendMaxStreamsBidi(native.Handle, 1);
    }

    private bool CheckLeaks()
    {
        if (_leakedStreams <= MaxLeakedStreams)
            return true;
        Problem = new CloseReason(
            CloseReason.InternalError,
            $"more than {MaxLeakedStreams} streams were reset before their first byte came, or stopped while bytes were missing, which the "
            + "QUIC library cannot release; dial again");
        return false;
    }

    /// <summary>Returns a stream. If the peer has opened the stream with its id, the stream is created.</summary>
    private QuicStream? Find(long id)
    {
        if (TryGet(id, out var stream))
            return stream;
        if (QuicStream.IsServerId(id) == isServer)
            return null;
        stream = events.OnStreamOpened(id);
        _streams.Add(id, stream);
        return stream;
    }

    private bool TryGet(long id, [MaybeNullWhen(false)] out QuicStream stream)
    {
        stream = _last;
        if (stream?.Id == id)
            return true;
        if (!_streams.TryGetValue(id, out stream))
            return false;
        _last = stream;
        return true;
    }
}
