using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Testing.Tests.Transport;

/// <summary>
/// Represents an endpoint with a bug: after it breaks, one of its calls fails with <see cref="InvalidOperationException"/>.
/// </summary>
internal sealed class BrokenEndpoint(InMemoryEndpoint inner, BrokenCall call) : WrappedEndpoint(inner)
{
    private bool _isBroken;

    public override Task<Exception?> Closed => End ?? base.Closed;

    /// <summary>Gets the task of the end, if that may fail, too.</summary>
    public Task<Exception?>? End { get; init; }

    /// <summary>Gets the number of calls that have failed.</summary>
    public int Failures { get; private set; }

    public void Break() => _isBroken = true;

    public override async ValueTask<ITransportConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        new Connection(await base.AcceptAsync(cancellationToken).ConfigureAwait(false), this);

    public override async ValueTask<ITransportConnection> ConnectAsync(
        EndpointAddr remote, IReadOnlyList<string> protocols, CancellationToken cancellationToken = default) =>
        new Connection(await base.ConnectAsync(remote, protocols, cancellationToken).ConfigureAwait(false), this);

    private void Fail(BrokenCall made)
    {
        if (!_isBroken || made != call)
            return;
        Failures++;
        throw new InvalidOperationException($"{made} is broken.");
    }

    private sealed class Connection(ITransportConnection inner, BrokenEndpoint owner) : WrappedConnection(inner)
    {
        public override async ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default)
        {
            owner.Fail(BrokenCall.OpenUni);
            return new SendStream(await base.OpenUniAsync(cancellationToken).ConfigureAwait(false), owner);
        }

        public override async ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default)
        {
            owner.Fail(BrokenCall.OpenBidi);
            return Wrap(await base.OpenBidiAsync(cancellationToken).ConfigureAwait(false));
        }

        public override async ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default)
        {
            var stream = await base.AcceptUniAsync(cancellationToken).ConfigureAwait(false);
            owner.Fail(BrokenCall.AcceptUni);
            return new ReceiveStream(stream, owner);
        }

        public override async ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default)
        {
            var stream = await base.AcceptBidiAsync(cancellationToken).ConfigureAwait(false);
            owner.Fail(BrokenCall.AcceptBidi);
            return Wrap(stream);
        }

        public override void Close(ulong code, string reason)
        {
            owner.Fail(BrokenCall.Close);
            base.Close(code, reason);
        }

        private BidiStream Wrap(BidiStream stream) => new(new SendStream(stream.Send, owner), new ReceiveStream(stream.Receive, owner));
    }

    private sealed class SendStream(ISendStream inner, BrokenEndpoint owner) : ISendStream, IScheduledStream, INotifyingStream
    {
        public long Id => inner.Id;

        public Task<StreamEnd> Closed => inner.Closed;

        public bool IsSent => ((IScheduledStream)inner).IsSent;

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
        {
            owner.Fail(BrokenCall.Write);
            await inner.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }

        public async ValueTask WriteBlockAsync(ReadOnlyMemory<byte> header, BlockSlice slice, CancellationToken cancellationToken = default)
        {
            owner.Fail(BrokenCall.WriteBlock);
            await inner.WriteBlockAsync(header, slice, cancellationToken).ConfigureAwait(false);
        }

        public void Finish()
        {
            owner.Fail(BrokenCall.Finish);
            inner.Finish();
        }

        public void Reset(ulong code)
        {
            owner.Fail(BrokenCall.Reset);
            inner.Reset(code);
        }

        public void Schedule(SendOrder order)
        {
            owner.Fail(BrokenCall.Schedule);
            ((IScheduledStream)inner).Schedule(order);
        }

        public void NotifyEnd(IStreamEndObserver observer)
        {
            owner.Fail(BrokenCall.NotifyEnd);
            ((INotifyingStream)inner).NotifyEnd(new Observer(this, observer));
        }

        private sealed class Observer(SendStream stream, IStreamEndObserver observer) : IStreamEndObserver
        {
            public void OnStreamEnd(ISendStream ended, StreamEnd end) => observer.OnStreamEnd(stream, end);
        }
    }

    private sealed class ReceiveStream(IReceiveStream inner, BrokenEndpoint owner) : IReceiveStream
    {
        public long Id => inner.Id;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
        {
            owner.Fail(BrokenCall.Read);
            return await inner.ReadAsync(destination, cancellationToken).ConfigureAwait(false);
        }

        public void Stop(ulong code)
        {
            owner.Fail(BrokenCall.Stop);
            inner.Stop(code);
        }
    }
}
