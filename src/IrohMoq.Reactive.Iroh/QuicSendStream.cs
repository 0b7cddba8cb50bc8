using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh;

/// <summary>Represents the direction of a stream that this side writes, as the application uses it.</summary>
internal sealed class QuicSendStream : SendStreamState, ISendStream, IScheduledStream, INotifyingStream
{
    private readonly QuicConnection _connection;
    private Signal? _writable;
    private Completion<StreamEnd>? _closed;
    private IStreamEndObserver? _observer;

    internal QuicSendStream(QuicConnection connection, long id)
        : base(id, connection.Settings) => _connection = connection;

    public Task<StreamEnd> Closed
    {
        get
        {
            lock (Gate)
            {
                if (_closed is null)
                {
                    _closed = new Completion<StreamEnd>(_connection.Runtime);
                    if (Ending is { } end)
                        _closed.TrySet(end);
                }

                return _closed.Task;
            }
        }
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) =>
        WriteBlockAsync(bytes, default, cancellationToken);

    public ValueTask WriteBlockAsync(ReadOnlyMemory<byte> header, BlockSlice slice, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        bool full;
        lock (Gate)
        {
            if (Failure() is { } failure)
                return ValueTask.FromException(failure);
            Enqueue(header.Span, slice);
            full = IsFull;
            if (full)
                _writable = _connection.Signals.Rent();
        }

        _connection.Work.Add(this);
        return full ? WaitForRoomAsync(_writable!, cancellationToken) : default;
    }

    public void Finish()
    {
        if (TryFinish())
            _connection.Work.Add(this);
    }

    public void Reset(ulong code)
    {
        QuicConnection.ThrowIfNoCode(code);
        if (TryReset(code))
            _connection.Work.Add(this);
    }

    public void Schedule(SendOrder order)
    {
        if (TryReorder(order))
            _connection.Work.Add(this);
    }

    public void NotifyEnd(IStreamEndObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (Gate)
        {
            if (_observer is not null)
                throw new InvalidOperationException($"The end of stream {Id} has an observer already.");
            _observer = observer;
            if (Ending is not { } end)
                return;
            _connection.Notices.Add(observer, this, end);
        }

        _connection.Notices.Send();
    }

    protected override void OnWritable() => _writable?.Set();

    protected override void OnEnded(StreamEnd end)
    {
        if (_observer is not null)
            _connection.Notices.Add(_observer, this, end);
        _closed?.TrySet(end);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitForRoomAsync(Signal writable, CancellationToken cancellationToken)
    {
        var budget = _connection.Settings.Budget;
        LinkedListNode<Signal>? place = null;
        try
        {
            while (true)
            {
                bool waitsForBudget;
                lock (Gate)
                {
                    if (IsCut && Failure() is { } failure)
                        throw failure;
                    if (HasRoomAgain)
                        return;
                    waitsForBudget = IsHalfEmpty;
                }

                if (waitsForBudget && place is null)
                {
                    // The budget is checked again after joining, so that no change of it is missed.
                    place = budget.Join(writable);
                    continue;
                }

                await writable.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            Reset(0);
            throw;
        }
        finally
        {
            if (place is not null)
                budget.Leave(place);
            lock (Gate)
                _writable = null;
            _connection.Signals.Return(writable);
        }
    }
}
