using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Transport;

/// <summary>
/// Delivers notifications about the ends of the streams of one connection to their observers, in order, and many in one work item. This
/// type is thread-safe.
/// </summary>
/// <param name="runtime">The runtime on which the observers are called.</param>
internal sealed class StreamEndNotices(Runtime runtime) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private List<Notice> _waiting = [];
    private List<Notice> _delivering = [];
    private bool _isPosted;
    private bool _isAny;

    /// <summary>Queues a notification until <see cref="Send"/> is called.</summary>
    public void Add(IStreamEndObserver observer, ISendStream stream, StreamEnd end)
    {
        lock (_gate)
            _waiting.Add(new Notice(observer, stream, end));
        Volatile.Write(ref _isAny, true);
    }

    /// <summary>
    /// Delivers the queued notifications. It should be called once for many notifications, because a work item for each of them costs
    /// more than the streams.
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
        // The work item runs until no notification is left, so that only one runs at a time and the order is kept.
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
