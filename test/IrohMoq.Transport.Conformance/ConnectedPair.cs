using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Transport.Conformance;

/// <summary>Two endpoints and the connection between them, seen from both sides.</summary>
public sealed class ConnectedPair(
    IEndpoint dialing, IEndpoint listening, ITransportConnection dialer, ITransportConnection acceptor) : IAsyncDisposable
{
    private BidiStream? _ping;
    private BidiStream? _pong;

    public IEndpoint Dialing => dialing;

    public IEndpoint Listening => listening;

    public ITransportConnection Dialer => dialer;

    public ITransportConnection Acceptor => acceptor;

    public Runtime Runtime => dialing.Runtime;

    /// <summary>Returns the two sides, the given one first.</summary>
    public (ITransportConnection Here, ITransportConnection There) From(bool dialerFirst) =>
        dialerFirst ? (dialer, acceptor) : (acceptor, dialer);

    /// <summary>
    /// Sends a byte to the peer and back, so that earlier bytes have had the time to arrive. The acceptor opens the stream, which
    /// therefore takes none of the streams of the dialer.
    /// </summary>
    public async ValueTask RoundTripAsync()
    {
        var bytes = new byte[1];
        _ping ??= await acceptor.OpenBidiAsync();
        await _ping.Value.Send.WriteAsync(bytes);
        _pong ??= await dialer.AcceptBidiAsync();
        Assert.That(await _pong.Value.Receive.ReadAsync(bytes), Is.EqualTo(1));
        await _pong.Value.Send.WriteAsync(bytes);
        Assert.That(await _ping.Value.Receive.ReadAsync(bytes), Is.EqualTo(1));
    }

    public async ValueTask DisposeAsync()
    {
        await dialer.DisposeAsync();
        await acceptor.DisposeAsync();
        await dialing.DisposeAsync();
        await listening.DisposeAsync();
    }
}
