using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Wakes a track subscriber when its source ends or has another route, or the peer asks this side to leave, and keeps the session of the
/// source open.
/// </summary>
internal sealed class SourceWatch : BroadcastListener, IDisposable
{
    private readonly BroadcastProducer? _source;
    private readonly Signal _changed;
    private readonly CancellationTokenRegistration _leaving;
    private readonly IDisposable? _held;

    public SourceWatch(BroadcastProducer? source, MoqConnection connection, Signal changed, IDisposable? held)
    {
        (_source, _changed, _held) = (source, changed, held);
        _source?.Listen(this);
        _leaving = connection.Goaway.Asked.UnsafeRegister(static changed => ((Signal)changed!).Set(), changed);
    }

    public void Dispose()
    {
        _source?.Unlisten(this);
        _leaving.Unregister();
        _held?.Dispose();
    }

    public override void OnEnded() => _changed.Set();

    public override void OnRouteChanged() => _changed.Set();
}
