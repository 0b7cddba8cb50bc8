using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents the direction of a stream that the peer writes. Queues the bytes that have arrived and are not read. The peer gets flow
/// control credit for bytes when they are read or dropped, not when they arrive.
/// </summary>
internal sealed class InMemoryReceiveStream : IReceiveStream, IFlowControlledStream
{
    private readonly InMemoryConnection _connection;
    private readonly InMemoryNetwork _network;
    private readonly InMemoryStream _stream;
    private readonly Queue<ReadOnlyMemory<byte>> _arrived = new();
    private readonly Signal _readable;
    private int _taken;
    private int _buffered;
    private long _consumed;
    private ulong? _resetCode;
    private ulong? _stopCode;
    private bool _hasEnd;
    private bool _isReading;
    private bool _isDropped;
    private bool _isCreditWithheld;

    public InMemoryReceiveStream(InMemoryConnection connection, InMemoryStream stream)
    {
        _connection = connection;
        _network = connection.Network;
        _stream = stream;
        _readable = new Signal(_network.Runtime);
    }

    public long Id => _stream.Id;

    public bool IsCreditWithheld
    {
        get
        {
            lock (_network.Gate)
                return _isCreditWithheld;
        }

        set
        {
            lock (_network.Gate)
            {
                if (_isCreditWithheld == value)
                    return;
                _isCreditWithheld = value;
                if (!value && _consumed > 0)
                    GiveCredit();
            }
        }
    }

    /// <summary>Gets or sets the send stream at the other end of this direction.</summary>
    public InMemorySendStream Sender { get; set; } = null!;

    /// <summary>Gets a value that indicates whether the end or a reset has arrived and nothing is left to read.</summary>
    public bool IsOver => (_hasEnd && _buffered == 0) || _resetCode is not null;

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        if (destination.IsEmpty)
            throw new ArgumentException("The destination must have room for at least one byte.", nameof(destination));
        if (cancellationToken.IsCancellationRequested)
        {
            Stop(0);
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        lock (_network.Gate)
        {
            if (_isReading)
                throw new InvalidOperationException($"Stream {Id} has a pending read. A stream can have one read at a time.");
            if (TryTake(destination.Span, out var count))
                return new ValueTask<int>(count);
            _isReading = true;
        }

        return WaitAsync(destination, cancellationToken);
    }

    public void Stop(ulong code)
    {
        lock (_network.Gate)
        {
            if (IsOver || _stopCode is not null)
                return;
            _stopCode = code;
            Drop();
            _readable.Set();
            if (_hasEnd)
                OnOver();
            else
                _connection.Send($"s{Id} stopped with {code}", _ => Sender.OnStopped(code));
        }
    }

    /// <summary>Queues bytes that have arrived and acknowledges them. The caller must hold the lock of the network.</summary>
    public void OnData(ReadOnlyMemory<byte> bytes, bool isEnd)
    {
        _stream.ArriveAt(_connection);
        _connection.Send(
            $"s{Id} acknowledged {bytes.Length}{(isEnd ? " and the end" : "")}", _ => Sender.OnAcknowledged(bytes.Length, isEnd));
        if (!bytes.IsEmpty)
        {
            _arrived.Enqueue(bytes);
            _buffered += bytes.Length;
        }

        _hasEnd = isEnd;
        if (_stopCode is not null)
            Drop();
        if (IsOver)
            OnOver();
        _readable.Set();
    }

    /// <summary>Processes a reset that has arrived. The caller must hold the lock of the network.</summary>
    public void OnReset(ulong code)
    {
        _stream.ArriveAt(_connection);
        _connection.Send($"s{Id} reset acknowledged", _ => Sender.OnResetAcknowledged());
        // A reset that arrives after the end of the stream has no effect.
        if (_hasEnd)
            return;
        _resetCode = code;
        Drop();
        OnOver();
        _readable.Set();
    }

    /// <summary>Wakes the reader, because the connection has ended. The caller must hold the lock of the network.</summary>
    public void OnConnectionEnded() => _readable.Set();

    /// <summary>
    /// Drops the unread bytes, because the connection was closed on this side or disposed. A later read fails. The caller must hold the
    /// lock of the network.
    /// </summary>
    public void DropUnread()
    {
        _isDropped |= _buffered > 0;
        Drop();
    }

    private void OnOver()
    {
        if (_connection.End is null)
            _connection.Remove(this);
        _stream.OnDirectionOver();
    }

    private void Drop()
    {
        _connection.Credit.OnConsumed(_buffered);
        _arrived.Clear();
        _buffered = 0;
        _taken = 0;
    }

    private void OnRead(int count)
    {
        _buffered -= count;
        _connection.Credit.OnConsumed(count);
        _consumed += count;
        if (IsOver)
        {
            OnOver();
        }
        else if (_consumed >= Math.Max(_network.StreamWindow / 8, 1) && !_isCreditWithheld)
        {
            GiveCredit();
        }
    }

    private void GiveCredit()
    {
        if (_hasEnd || _resetCode is not null || _stopCode is not null)
            return;
        var credit = _consumed;
        _consumed = 0;
        _connection.Send($"s{Id} may send {credit} more", _ => Sender.OnCredit(credit));
    }

    /// <summary>
    /// Reads the bytes that have arrived. Returns false if the reader must wait. The caller must hold the lock of the network.
    /// </summary>
    private bool TryTake(Span<byte> destination, out int count)
    {
        count = 0;
        if (_stopCode is { } stopped)
            throw new TransportStreamException(stopped, isRemote: false, $"Stream {Id} was stopped on this side with code {stopped}.");
        while (count < destination.Length && _arrived.TryPeek(out var head))
        {
            var step = Math.Min(head.Length - _taken, destination.Length - count);
            head.Span.Slice(_taken, step).CopyTo(destination[count..]);
            count += step;
            _taken += step;
            if (_taken < head.Length)
                break;
            _arrived.Dequeue();
            _taken = 0;
        }

        if (count > 0)
        {
            OnRead(count);
            return true;
        }

        if (_resetCode is { } reset)
            throw new TransportStreamException(reset, isRemote: true, $"The peer reset stream {Id} with code {reset}.");
        if (_hasEnd && !_isDropped)
            return true;
        return _connection.End is { } end ? throw new TransportClosedException(end) : false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await _readable.WaitAsync(cancellationToken).ConfigureAwait(false);
                lock (_network.Gate)
                {
                    if (TryTake(destination.Span, out var count))
                        return count;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Stop(0);
            throw;
        }
        finally
        {
            lock (_network.Gate)
                _isReading = false;
        }
    }
}
