using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh;

/// <summary>Represents the direction of a stream that the peer writes, as the application uses it.</summary>
internal sealed class QuicReceiveStream : ReceiveStreamState, IReceiveStream, IFlowControlledStream
{
    private readonly QuicConnection _connection;
    private Signal? _readable;

    internal QuicReceiveStream(QuicConnection connection, long id)
        : base(id, connection.Settings, connection.Account) => _connection = connection;

    public bool IsCreditWithheld
    {
        get => IsWithheld;
        set
        {
            if (TryWithhold(value))
                _connection.Work.Add(this);
        }
    }

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        if (destination.IsEmpty)
            return ValueTask.FromException<int>(new ArgumentException("A read needs room for at least one byte.", nameof(destination)));
        if (cancellationToken.IsCancellationRequested)
        {
            Stop(0);
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        int count;
        bool isStreamCreditDue;
        lock (Gate)
        {
            if (IsReading)
                return ValueTask.FromException<int>(
                    new InvalidOperationException($"Stream {Id} is being read already. It has one reader at a time."));
            if (Failure() is { } failure)
                return ValueTask.FromException<int>(failure);
            if (!TryRead(destination.Span, out count, out isStreamCreditDue))
            {
                BeginRead(destination);
                _readable = _connection.Signals.Rent();
                return WaitAsync(_readable, cancellationToken);
            }
        }

        Grant(count, isStreamCreditDue);
        return new ValueTask<int>(count);
    }

    public void Stop(ulong code)
    {
        QuicConnection.ThrowIfNoCode(code);
        if (!TryStop(code, out var dropped))
            return;
        _connection.Credit(dropped);
        _connection.Work.Add(this);
    }

    // The signal is set under the lock before its reader waits. If it was returned to the pool meanwhile, the call is a needless wake-up.
    protected override void OnReadable() => Volatile.Read(ref _readable)?.Set();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(Signal readable, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await readable.WaitAsync(cancellationToken).ConfigureAwait(false);
                int count, connectionCredit;
                bool isStreamCreditDue;
                lock (Gate)
                {
                    if (!TryEndRead(out count, out connectionCredit, out isStreamCreditDue))
                        continue;
                }

                Grant(connectionCredit, isStreamCreditDue);
                return count;
            }
        }
        catch (Exception failure)
        {
            // From here on the I/O thread does not use the memory of the caller.
            lock (Gate)
                EndRead();
            if (failure is OperationCanceledException)
                Stop(0);
            throw;
        }
        finally
        {
            lock (Gate)
                _readable = null;
            _connection.Signals.Return(readable);
        }
    }

    private void Grant(int connectionCredit, bool isStreamCreditDue)
    {
        if (connectionCredit == 0)
            return;
        _connection.Credit(connectionCredit);
        if (isStreamCreditDue)
            _connection.Work.Add(this);
    }
}
