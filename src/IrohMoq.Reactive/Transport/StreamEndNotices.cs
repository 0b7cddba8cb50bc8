using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Transport;

/// <summary>The ends of one connection's streams on their way to their observers: many in one turn, and in order. Any thread.</summary>
/// <param name="runtime">Where the observers are called.</param>
internal sealed class StreamEndNotices(Runtime runtime) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private List<Notice> _waiting = [];
    private List<Notice> _told = [];
    private bool _isPosted;
    private bool _isAny;

    /// <summary>Keeps an end for its observer until <see cref="Send"/>.</summary>
    public void Add(IStreamEndObserver observer, ISendStream stream, StreamEnd end)
    {
        lock (_gate)
            _waiting.Add(new Notice(observer, stream, end));
        Volatile.Write(ref _isAny, true);
    }

    /// <summary>Lets the observers know of what was added. Once for many ends: a turn for each costs more than the streams.</summary>
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
                _told.Clear();
                if (_waiting.Count == 0)
                {
                    _isPosted = false;
                    return;
                }

                (_waiting, _told) = (_told, _waiting);
            }

            foreach (var notice in _told)
                notice.Observer.OnStreamEnd(notice.Stream, notice.End);
        }
    }

    private readonly record struct Notice(IStreamEndObserver Observer, ISendStream Stream, StreamEnd End);
}
