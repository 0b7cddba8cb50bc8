using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Delivers the ends of the streams of one connection to their observers, in order, and many in one turn. This type is thread-safe.
/// </summary>
/// <param name="runtime">The scheduler that calls the observers.</param>
internal sealed class StreamEndNotices(Runtime runtime) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private List<Notice> _waiting = [];
    private List<Notice> _delivering = [];
    private bool _isPosted;
    private bool _isAny;

    /// <summary>Keeps an end until <see cref="Send"/>.</summary>
    public void Add(IStreamEndObserver observer, ISendStream stream, StreamEnd end)
    {
        lock (_gate)
            _waiting.Add(new Notice(observer, stream, end));
        Volatile.Write(ref _isAny, true);
    }

    /// <summary>
    /// Delivers the ends that were added. It is called once for many ends, because a turn for each costs more than the streams.
    /// </summary>
    public void Send()
    {
        if (!Volatile.Read(ref _isAny))
            return;
        lock (_gate)
        {
            _isAny = false;
            if (_isPosted || _waiting.Count == 0)
                return;
            _isPosted = true;
        }

        runtime.Post(this);
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Posted until nothing waits, so that there is one turn at a time and the order stays.
        while (true)
        {
            lock (_gate)
            {
                _delivering.Clear();
                if (_waiting.Count == 0)
                {
                    _isPosted = false;
                    return;
                }

                (_waiting, _delivering) = (_delivering, _waiting);
            }

            foreach (var notice in _delivering)
                notice.Observer.OnStreamEnd(notice.Stream, notice.End);
        }
    }

    private readonly record struct Notice(IStreamEndObserver Observer, ISendStream Stream, StreamEnd End);
}
