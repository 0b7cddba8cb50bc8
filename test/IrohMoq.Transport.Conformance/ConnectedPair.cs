using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Transport.Conformance;

/// <summary>Two endpoints and the connection between them, seen from both sides.</summary>
public sealed class ConnectedPair(IEndpoint dialling, IEndpoint listening, ITransportConnection dialler, ITransportConnection acceptor) : IAsyncDisposable
{
    private BidiStream? _ping;
    private BidiStream? _pong;

    public IEndpoint Dialling => dialling;

    public IEndpoint Listening => listening;

    public ITransportConnection Dialler => dialler;

    public ITransportConnection Acceptor => acceptor;

    public Turns Turns => dialling.Turns;

    /// <summary>The two sides, the given one first.</summary>
    public (ITransportConnection Here, ITransportConnection There) From(bool diallerFirst) => diallerFirst ? (dialler, acceptor) : (acceptor, dialler);

    /// <summary>A byte goes there and back: what was sent before it has had its chance. Its stream is of the acceptor's opening, so that it takes none of the dialler's.</summary>
    public async ValueTask RoundTripAsync()
    {
        var bytes = new byte[1];
        _ping ??= await acceptor.OpenBidiAsync();
        await _ping.Value.Send.WriteAsync(bytes);
        _pong ??= await dialler.AcceptBidiAsync();
        Assert.That(await _pong.Value.Receive.ReadAsync(bytes), Is.EqualTo(1));
        await _pong.Value.Send.WriteAsync(bytes);
        Assert.That(await _ping.Value.Receive.ReadAsync(bytes), Is.EqualTo(1));
    }

    public async ValueTask DisposeAsync()
    {
        await dialler.DisposeAsync();
        await acceptor.DisposeAsync();
        await dialling.DisposeAsync();
        await listening.DisposeAsync();
    }
}
