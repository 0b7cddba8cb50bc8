using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>A writing direction; everything arrives, in order, after the latency. It has no window: these tests are not about flow control.</summary>
internal sealed class MemorySendStream : ISendStream
{
    private readonly MemoryConnection _connection;
    private readonly MemoryReceiveStream _there;
    private readonly Action _appear;
    private readonly Completion<StreamEnd> _closed;
    private TransportStreamException? _over;
    private bool _appeared;

    public MemorySendStream(MemoryConnection connection, MemoryReceiveStream there, Action appear)
    {
        _connection = connection;
        _there = there;
        _appear = appear;
        _closed = new(connection.Runtime);
        there.Sender = this;
        connection.OnEnd(() => _closed.TrySet(new StreamEnd(StreamEndCause.ConnectionClosed, 0)));
    }

    public long Id => _there.Id;

    public Task<StreamEnd> Closed => _closed.Task;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        _connection.ThrowIfOver();
        if (_over is not null)
            throw _over;
        Pass(bytes.ToArray());
        return default;
    }

    public ValueTask WriteBlockAsync(ReadOnlyMemory<byte> header, BlockSlice slice, CancellationToken cancellationToken = default) =>
        WriteAsync((byte[])[.. header.Span, .. slice.Span], cancellationToken);

    public void Finish()
    {
        if (!TryEnd(new TransportStreamException(0, false, "finished")))
            return;
        Arrive(() =>
        {
            _there.Finish();
            _connection.Other.Send(() => _closed.TrySet(new StreamEnd(StreamEndCause.Acknowledged, 0)));
        });
    }

    public void Reset(ulong code)
    {
        if (_closed.IsSet)
            return;
        _over = new TransportStreamException(code, false, "reset here");
        Arrive(() => _there.Reset(code));
        _closed.TrySet(new StreamEnd(StreamEndCause.Reset, code));
    }

    public void OnStopped(ulong code)
    {
        if (TryEnd(new TransportStreamException(code, true, "stopped by the peer")))
            _closed.TrySet(new StreamEnd(StreamEndCause.Stopped, code));
    }

    private bool TryEnd(TransportStreamException over)
    {
        if (_over is not null || _closed.IsSet)
            return false;
        _over = over;
        return true;
    }

    private void Pass(byte[] bytes) => Arrive(() => _there.Take(bytes));

    private void Arrive(Action action)
    {
        var isFirst = !_appeared;
        _appeared = true;
        _connection.Send(() =>
        {
            if (_connection.Other.IsOver)
                return;
            if (isFirst)
                _appear();
            action();
        });
    }
}

/// <summary>A reading direction.</summary>
internal sealed class MemoryReceiveStream : IReceiveStream
{
    private readonly MemoryConnection _connection;
    private readonly Queue<byte> _bytes = new();
    private readonly Signal _more;
    private TransportStreamException? _over;
    private bool _finished;

    public MemoryReceiveStream(MemoryConnection connection, long id)
    {
        _connection = connection;
        _more = new(connection.Runtime);
        Id = id;
        connection.OnEnd(_more.Set);
    }

    public long Id { get; }

    public MemorySendStream Sender { get; set; } = null!;

    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_over is not null)
                throw _over;
            var count = 0;
            while (count < destination.Length && _bytes.TryDequeue(out var next))
                destination.Span[count++] = next;
            if (count > 0 || _finished)
                return count;
            _connection.ThrowIfOver();
            try
            {
                await _more.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                Stop(0);
                throw;
            }
        }
    }

    public void Stop(ulong code)
    {
        if (_over is not null || (_finished && _bytes.Count == 0))
            return;
        _over = new TransportStreamException(code, false, "stopped here");
        _more.Set();
        _connection.Send(() => Sender.OnStopped(code));
    }

    public void Take(byte[] bytes)
    {
        foreach (var value in bytes)
            _bytes.Enqueue(value);
        _more.Set();
    }

    public void Finish()
    {
        _finished = true;
        _more.Set();
    }

    public void Reset(ulong code)
    {
        _over ??= new TransportStreamException(code, true, "reset by the peer");
        _more.Set();
    }
}
