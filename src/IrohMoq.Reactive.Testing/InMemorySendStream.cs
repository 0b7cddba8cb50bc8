using System.Security.Cryptography;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the direction of a stream that this side writes. Written bytes wait for flow control credit and are sent as a copy. Their
/// block is retained until the bytes are acknowledged, as in a transport that may have to retransmit them.
/// </summary>
internal sealed partial class InMemorySendStream : ScheduledItem, ISendStream, IScheduledStream, INotifyingStream
{
    private const int MaxBytesAtOnce = 16 << 10;

    private readonly InMemoryConnection _connection;
    private readonly InMemoryNetwork _network;
    private readonly InMemoryStream _stream;
    private readonly InMemoryReceiveStream _receiver;
    private readonly Queue<ReadOnlyMemory<byte>> _unsent = new();
    private readonly Queue<(long End, Block Block)> _held = new();
    private readonly Completion<StreamEnd> _closed;
    private readonly Signal _writable;
    private IStreamEndObserver? _observer;
    private int _headSent;
    private long _written;
    private long _sent;
    private long _acknowledged;
    private long _credit;
    private ulong? _resetCode;
    private ulong? _stopCode;
    private StreamEnd? _end;
    private bool _isFinished;
    private bool _isEndSent;
    private bool _isWriting;

    public InMemorySendStream(InMemoryConnection connection, InMemoryStream stream, InMemoryReceiveStream receiver)
    {
        _connection = connection;
        _network = connection.Network;
        _stream = stream;
        _receiver = receiver;
        _closed = new Completion<StreamEnd>(_network.Runtime);
        _writable = new Signal(_network.Runtime);
        _credit = _network.StreamWindow;
        IsUrgent = stream.IsBidi;
    }

    public long Id => _stream.Id;

    public Task<StreamEnd> Closed => _closed.Task;

    /// <summary>
    /// Gets a value that indicates whether this direction has ended: the peer has acknowledged its end or a reset, or the connection has
    /// ended.
    /// </summary>
    public bool IsOver => _closed.IsSet;

    /// <summary>Gets a value that indicates whether the stream has unsent bytes and flow control credit for them.</summary>
    public bool CanSend => !IsOver && !_isEndSent && _sent < _written && _credit > 0;

    private bool IsFull => _written - _sent > _network.SendQueue;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) =>
        WriteBlockAsync(bytes, default, cancellationToken);

    public ValueTask WriteBlockAsync(ReadOnlyMemory<byte> header, BlockSlice slice, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        lock (_network.Gate)
        {
            ThrowIfEnded();
            if (_isFinished)
                throw new TransportStreamException(
                    0, isRemote: false, $"Stream {Id} has been finished. Open another stream to write more.");
            if (_isWriting)
                throw new InvalidOperationException($"Stream {Id} has a pending write. A stream can have one write at a time.");
            if (!header.IsEmpty)
                Queue(header.ToArray());
            if (slice.Length > 0)
            {
                Queue(slice.Memory);
                slice.Block.Retain();
                _held.Enqueue((_written, slice.Block));
            }

            SendAllowed();
            if (!IsFull)
                return default;
            _isWriting = true;
        }

        return WaitForRoomAsync(cancellationToken);
    }

    public void Finish()
    {
        lock (_network.Gate)
        {
            if (IsOver || _isFinished || _resetCode is not null || _stopCode is not null)
                return;
            _isFinished = true;
            SendAllowed();
        }
    }

    public void Reset(ulong code)
    {
        lock (_network.Gate)
        {
            if (IsOver || _resetCode is not null || _stopCode is not null)
                return;
            _resetCode = code;
            SendReset(code);
        }
    }

    public bool IsSent
    {
        get
        {
            lock (_network.Gate)
                return _sent == _written && (!_isFinished || _isEndSent);
        }
    }

    public void Schedule(SendOrder order)
    {
        lock (_network.Gate)
        {
            if (!IsOver && _resetCode is null && _stopCode is null)
                _connection.Credit.Reorder(this, order);
        }
    }

    public void NotifyEnd(IStreamEndObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (_network.Gate)
        {
            if (_observer is not null)
                throw new InvalidOperationException($"The end of stream {Id} has an observer already. A stream can have one.");
            _observer = observer;
            if (_end is not { } end)
                return;
            _connection.Notices.Add(observer, this, end);
            _connection.Notices.Send();
        }
    }

    private void Queue(ReadOnlyMemory<byte> bytes)
    {
        _unsent.Enqueue(bytes);
        _written += bytes.Length;
    }

    private void SendAllowed()
    {
        if (IsOver || _isEndSent)
            return;
        while (_sent < _written && SendNext() > 0)
        {
            // Sends until the bytes or the credit of the stream or of the connection are exhausted.
        }

        if (_sent < _written && _credit > 0)
            _connection.Credit.Add(this);
        if (_isFinished && !_isEndSent && _sent == _written)
        {
            _isEndSent = true;
            SendData([], isEnd: true);
        }

        if (!IsFull)
            _writable.Set();
    }

    private int SendNext()
    {
        var size = (int)Math.Min(Math.Min(_credit, _connection.Credit.Left), Math.Min(_written - _sent, MaxBytesAtOnce));
        if (size <= 0)
            return 0;
        var bytes = TakeUnsent(size);
        _sent += size;
        _credit -= size;
        _connection.Credit.Use(size);
        _isEndSent = _isFinished && _sent == _written;
        SendData(bytes, _isEndSent);
        return size;
    }

    private byte[] TakeUnsent(int count)
    {
        var bytes = new byte[count];
        for (var taken = 0; taken < count;)
        {
            var head = _unsent.Peek();
            var step = Math.Min(head.Length - _headSent, count - taken);
            head.Span.Slice(_headSent, step).CopyTo(bytes.AsSpan(taken));
            taken += step;
            _headSent += step;
            if (_headSent < head.Length)
                continue;
            _unsent.Dequeue();
            _headSent = 0;
        }

        return bytes;
    }

    private void SendData(byte[] bytes, bool isEnd) =>
        _connection.Send(
            $"s{Id} {bytes.Length} bytes{Fingerprint(bytes)}{(isEnd ? " and the end" : "")}",
            _ => _receiver.OnData(bytes, isEnd),
            bytes.Length);

    /// <summary>
    /// Returns the first digits of the hash of the bytes, so that the trace distinguishes different bytes of the same length.
    /// </summary>
    private static string Fingerprint(byte[] bytes) =>
        bytes.Length == 0 ? "" : " " + Convert.ToHexStringLower(SHA256.HashData(bytes), 0, 4);

    private void SendReset(ulong code)
    {
        _unsent.Clear();
        _written = _sent;
        _isEndSent = true;
        _writable.Set();
        _connection.Send($"s{Id} reset with {code}", _ => _receiver.OnReset(code));
    }

    private async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await _writable.WaitAsync(cancellationToken).ConfigureAwait(false);
                lock (_network.Gate)
                {
                    ThrowIfEnded();
                    if (!IsFull)
                        return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Reset(0);
            throw;
        }
        finally
        {
            lock (_network.Gate)
                _isWriting = false;
        }
    }

    private void ThrowIfEnded()
    {
        if (_stopCode is { } stopped)
            throw new TransportStreamException(stopped, isRemote: true, $"The peer stopped stream {Id} with code {stopped}.");
        if (_resetCode is { } reset)
            throw new TransportStreamException(reset, isRemote: false, $"Stream {Id} was reset on this side with code {reset}.");
        if (_connection.End is { } end)
            throw new TransportClosedException(end);
    }
}
