using System.Diagnostics.CodeAnalysis;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Contains the open streams of one connection, passes them what arrives, and schedules those that have something to send. Methods that are
/// named On... are called by ngtcp2, which they must not call except to extend credit.
/// </summary>
internal sealed unsafe class StreamTable
{
    private readonly NativeConnection _native;
    private readonly FlowControl _flowControl;
    private readonly ICoreEvents _events;
    private readonly CoreSettings _settings;
    private readonly ReceiveAccount _account;
    private readonly bool _isServer;
    private readonly Dictionary<long, QuicStream> _streams = [];
    private readonly List<ReceiveStreamState> _news = [];
    private readonly List<SendStreamState> _acknowledged = [];
    // Most packets belong to the same stream as the packet before.
    private QuicStream? _last;
    private long _credit;

    public StreamTable(
        NativeConnection native, FlowControl flowControl, ICoreEvents events, CoreSettings settings, ReceiveAccount account, bool isServer)
    {
        _native = native;
        _flowControl = flowControl;
        _events = events;
        _settings = settings;
        _account = account;
        _isServer = isServer;
        Leaked = new LeakedStreams(_streams);
    }

    /// <summary>Gets the number of open streams. On other threads than that of the core the value may be outdated.</summary>
    public int Count => _streams.Count;

    /// <summary>Gets the streams that have something to send, in the order in which they send.</summary>
    public SendSchedule Schedule { get; } = new();

    /// <summary>Gets the reason for which a stream must end the connection, or null.</summary>
    public CloseReason? Problem { get; private set; }

    /// <summary>Gets the streams that ngtcp2 does not release.</summary>
    public LeakedStreams Leaked { get; }

    /// <summary>Opens a stream of this side. The ids must be in order.</summary>
    /// <exception cref="InvalidOperationException">The peer does not allow another stream, or the id is not the next one.</exception>
    public void Open(QuicStream stream)
    {
        // Added first, so that the stream is notified of the end of the connection even if it cannot be opened.
        _streams.Add(stream.Id, stream);
        long id;
        var result = stream.IsUni ? Ngtcp2.OpenUni(_native.Handle, &id, null) : Ngtcp2.OpenBidi(_native.Handle, &id, null);
        if (result != 0 || id != stream.Id)
        {
            throw new InvalidOperationException(
                $"Stream {stream.Id} could not be opened: {(result != 0 ? Ngtcp2.Describe(result) : $"it became {id}")}.");
        }
    }

    /// <summary>Processes what the writer of a stream has requested: a reset, another order, or new data.</summary>
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

    /// <summary>Processes what the reader of a stream has requested: a stop, or credit for the peer.</summary>
    public void Update(ReceiveStreamState stream)
    {
        var stop = stream.TakeStop(out var credit);
        if (!_streams.ContainsKey(stream.Id))
            return;
        _flowControl.ExtendStreamData(stream.Id, credit);
        if (stop is not { } code)
            return;
        _ = Ngtcp2.ShutdownStreamRead(_native.Handle, 0, stream.Id, code);
        Leaked.OnStopped(stream.Id);
    }

    /// <summary>Sends the reset of a stream if one was requested and may be sent now.</summary>
    /// <returns>True if the stream was reset.</returns>
    public bool SendReset(SendStreamState stream)
    {
        if (!stream.IsResetWanted || stream.TakeReset() is not { } code)
            return false;
        _ = Ngtcp2.ShutdownStreamWrite(_native.Handle, 0, stream.Id, code);
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
        if (!_settings.Budget.IsOver || _account.Held <= _events.FairShare)
            return true;
        Problem = new CloseReason(
            CloseReason.InternalError,
            $"all connections keep more than {_settings.Budget.Most} bytes, and this one more than its share");
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
        _flowControl.ExtendData(receive.OnReset(code));
        Leaked.OnReset(stream);
    }

    /// <summary>Called when the peer has stopped a stream that this side writes.</summary>
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

    /// <summary>Called when both directions of the stream have ended, and ngtcp2 no longer uses its bytes.</summary>
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
        Leaked.OnClosed(stream);
        _flowControl.OnStreamClosed(stream);
    }

    /// <summary>Closes the streams that the peer has reset before their first byte arrived; see <see cref="LeakedStreams"/>.</summary>
    /// <returns>False if the connection must end; see <see cref="Problem"/>.</returns>
    public bool CloseResetUnseen()
    {
        while (Leaked.TryTakeReset(out var id))
            OnClosed(id, 0);
        return CheckLeaked();
    }

    /// <summary>
    /// Allows the peer to open other streams instead of those that this side has stopped long ago; see <see cref="LeakedStreams"/>.
    /// </summary>
    /// <returns>False if the connection must end; see <see cref="Problem"/>.</returns>
    public bool GiveUpStopped(ulong now)
    {
        while (Leaked.TakeStopped(now) is { } stream)
            _flowControl.OnStreamClosed(stream);
        return CheckLeaked();
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
        _flowControl.ExtendData(_credit);
        _credit = 0;
        foreach (var stream in _news)
        {
            _flowControl.ExtendStreamData(stream.Id, stream.TakeArrivedCredit());
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

    private bool CheckLeaked()
    {
        if (!Leaked.IsAboveLimit)
            return true;
        Problem = LeakedStreams.Problem;
        return false;
    }

    /// <summary>Returns a stream. If the peer has opened the stream with its id, the stream is created.</summary>
    private QuicStream? Find(long id)
    {
        if (TryGet(id, out var stream))
            return stream;
        if (QuicStream.IsServerId(id) == _isServer)
            return null;
        stream = _events.OnStreamOpened(id);
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
