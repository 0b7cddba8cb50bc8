using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>One side of a connection of a <see cref="MemoryNetwork"/>.</summary>
internal sealed class MemoryConnection(MemoryNetwork network, EndpointId self, EndpointId peer, string protocol, bool isOutbound) : ITransportConnection
{
    private readonly Completion<TransportEnd> _closed = new(network.Runtime);
    private readonly Mailbox<IReceiveStream> _uni = new(network.Runtime, 100_000);
    private readonly Mailbox<BidiStream> _bidi = new(network.Runtime, 100_000);
    private readonly List<Action> _onEnd = [];
    private TransportEnd? _end;
    private long _streams = isOutbound ? 0 : 1;

    public MemoryConnection Other { get; set; } = null!;

    public EndpointId Peer => peer;

    public bool IsOver => _end is not null;

    public TransportEnd? EndedWith => _end;

    public ReadOnlyMemory<byte> RemoteId { get; } = peer.ToArray();

    public string Protocol => protocol;

    public bool IsOutbound => isOutbound;

    public Task<TransportEnd> Closed => _closed.Task;

    public Runtime Runtime => network.Runtime;

    public ValueTask<ISendStream> OpenUniAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfOver();
        var there = new MemoryReceiveStream(Other, NextStream());
        return new(new MemorySendStream(this, there, () => Other._uni.TryWrite(there)));
    }

    public ValueTask<BidiStream> OpenBidiAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfOver();
        var stream = NextStream();
        var (here, there) = (new MemoryReceiveStream(this, stream), new MemoryReceiveStream(Other, stream));
        var back = new MemorySendStream(Other, here, static () => { });
        var forth = new MemorySendStream(this, there, () => Other._bidi.TryWrite(new BidiStream(back, there)));
        return new(new BidiStream(forth, here));
    }

    public async ValueTask<IReceiveStream> AcceptUniAsync(CancellationToken cancellationToken = default) => await NextAsync(_uni, cancellationToken).ConfigureAwait(false);

    public async ValueTask<BidiStream> AcceptBidiAsync(CancellationToken cancellationToken = default) => await NextAsync(_bidi, cancellationToken).ConfigureAwait(false);

    public void Close(ulong code, string reason)
    {
        if (IsOver)
            return;
        Send(() => Other.End(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, true)));
        End(new TransportEnd(TransportEndCause.ClosedByApplication, code, reason, false));
    }

    public ValueTask DisposeAsync()
    {
        Close(0, "");
        return default;
    }

    public void End(TransportEnd end)
    {
        if (IsOver)
            return;
        _end = end;
        _uni.End(new TransportClosedException(end));
        _bidi.End(new TransportClosedException(end));
        foreach (var tell in _onEnd)
            tell();
        _closed.TrySet(end);
    }

    public void Send(Action arrive) => network.Send(self, peer, arrive);

    public void OnEnd(Action tell) => _onEnd.Add(tell);

    public void ThrowIfOver()
    {
        if (_end is { } end)
            throw new TransportClosedException(end);
    }

    private static async ValueTask<T> NextAsync<T>(Mailbox<T> mailbox, CancellationToken cancellationToken)
    {
        await mailbox.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
        return mailbox.TryRead(out var item) ? item : throw new InvalidOperationException("one reader at a time");
    }

    private long NextStream() => (_streams += 2) - 2;
}
