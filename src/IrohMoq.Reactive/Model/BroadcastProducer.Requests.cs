using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <content>Provides tracks that are created when a reader requests them, and tracks whose names are reserved.</content>
public sealed partial class BroadcastProducer
{
    /// <summary>The number of tracks from which on those that are over are forgotten.</summary>
    private const int FirstLimit = 64;

    // Created on demand: a peer may announce thousands of broadcasts, and never has tracks that wait for this side.
    private Dictionary<string, PendingTrack>? _pending;
    private RequestQueue<PendingTrack>? _requests;
    private int _limit = FirstLimit;

    /// <summary>
    /// Begins to accept requests for tracks that do not exist. From now on, a reader of such a track waits until the request is accepted or
    /// rejected, or until <see cref="CreateTrack"/> creates the track; without a reader of requests, it fails with
    /// <see cref="MoqErrorCode.NotFound"/>. Call this method before the broadcast is published.
    /// </summary>
    /// <returns>
    /// The requests, in the order in which they were made. There is one request for each track, however many readers wait for it. A request
    /// ends when its last reader leaves before it is answered. Dispose the result to accept no further requests.
    /// </returns>
    /// <remarks>
    /// At most 64 requests of one peer, and 1,024 of this process, may wait for an answer at once; further ones fail with
    /// <see cref="MoqErrorCode.NoCapacity"/>. A remote reader whose request is not answered within 10 s fails with a timeout from
    /// moq-lite-05 on (<see cref="SessionOptions.SubscribeTimeout"/> of its side).
    /// </remarks>
    /// <exception cref="MoqException">The broadcast has ended (<see cref="MoqErrorCode.Closed"/>).</exception>
    public RequestReader<PendingTrack> OpenTrackRequests()
    {
        lock (_gate)
        {
            ThrowIfOver();
            _requests ??= new RequestQueue<PendingTrack>(_runtime, request => Reject(request, MoqErrorCode.Cancel));
            return _requests.Open();
        }
    }

    /// <summary>
    /// Reserves the name of a track whose properties are not known yet. Readers of the track wait until it is accepted or rejected.
    /// </summary>
    /// <param name="name">The name of the track. Any text is allowed; it is not normalized.</param>
    /// <returns>The track, which the caller accepts or rejects.</returns>
    /// <exception cref="MoqException">
    /// A track with that name has not ended or is reserved (<see cref="MoqErrorCode.Duplicate"/>), or the broadcast has ended
    /// (<see cref="MoqErrorCode.Closed"/>).
    /// </exception>
    public PendingTrack ReserveTrack(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_gate)
        {
            ThrowIfOver();
            if (FindPending(name) is { IsReserved: false } requested)
            {
                // Readers wait for it already, and nobody else may answer it now.
                requested.IsReserved = true;
                _requests!.Remove(requested);
                return requested;
            }

            ThrowIfInUse(name);
            return AddPending(name, isReserved: true);
        }
    }

    /// <summary>
    /// Throws if a runtime is virtual and a broadcast uses another clock, because code that waits for the broadcast would leave the
    /// single thread of the virtual time.
    /// </summary>
    internal static void ThrowIfOtherClock(Runtime runtime, BroadcastProducer broadcast)
    {
        if (RuntimeSchedulers.IsOutside(runtime, broadcast._runtime))
        {
            throw new ArgumentException(
                "The broadcast is on another clock than this peer, whose time is virtual. Create it with moq.CreateBroadcast().",
                nameof(broadcast));
        }
    }

    /// <summary>Accepts a pending track.</summary>
    internal TrackProducer Accept(PendingTrack pending, TrackOptions options)
    {
        lock (_gate)
        {
            ThrowIfOver();
            if (pending.IsAnswered)
                throw new MoqException(MoqErrorCode.Duplicate, $"The request of track '{pending.Name}' was answered before.");
            // The last reader may have left, and another request or track may have the name now.
            if (FindPending(pending.Name) != pending)
                ThrowIfInUse(pending.Name);
            _tracks.Put(pending.Track);
            pending.Track.IsOnDemand = !pending.IsReserved;
            SetAnswered(pending);
            pending.Track.State.Describe(options);
            return pending.Track;
        }
    }

    /// <summary>Rejects a pending track, unless it was answered before.</summary>
    internal void Reject(PendingTrack pending, MoqErrorCode code)
    {
        lock (_gate)
        {
            if (pending.IsAnswered)
                return;
            SetAnswered(pending);
            Remove(pending.Track);
        }

        pending.Track.State.Fail(
            code, () => new MoqStreamException(code, $"The producer has rejected track '{pending.Name}', with code {code}."));
    }

    /// <summary>Requests a track that does not exist. The caller must hold the lock of the broadcast.</summary>
    /// <exception cref="MoqStreamException">Nobody accepts requests, or the requester makes too many.</exception>
    private PendingTrack Request(string name, Requester? peer)
    {
        if (_requests is not { HasReaders: true })
            throw NoTrack(name);

        var pending = AddPending(name, isReserved: false);
        if (_requests.TryAdd(pending, peer))
            return pending;
        SetAnswered(pending);
        Remove(pending.Track);
        throw new MoqStreamException(
            MoqErrorCode.NoCapacity,
            $"Track '{name}' was not requested: too many requests of tracks have not been answered. Try again later.");
    }

    /// <summary>
    /// Ends a request when its last reader leaves before it is answered. The returned task never fails: the wait has no token and no other
    /// end, and the rest removes entries from collections.
    /// </summary>
    private async Task WithdrawWhenUnreadAsync(PendingTrack pending)
    {
        while (true)
        {
            await pending.Track.WaitForNoSubscriberAsync().ConfigureAwait(false);
            lock (_gate)
            {
                if (pending.IsAnswered || pending.IsReserved)
                    return;
                if (pending.Track.SubscriberCount > 0)
                    continue;
                ForgetPending(pending);
                Remove(pending.Track);
                return;
            }
        }
    }

    /// <summary>
    /// Determines whether a track that exists is requested anew, because later readers find nothing in it, or because it is about to end:
    /// its last reader has left, and what that reader has asked for is not what a later one does.
    /// </summary>
    private bool IsRequestedAnew(TrackProducer track) =>
        Provider is not null ? track.IsOver || track.State.IsLeft : _requests is { HasReaders: true } && track.State.IsGivenUp;

    private PendingTrack AddPending(string name, bool isReserved)
    {
        if (_tracks.Count >= _limit)
            ForgetGivenUp();
        var track = NewTrack(name, null);
        var pending = new PendingTrack(this, track, isReserved);
        _tracks.Put(track);
        (_pending ??= new(StringComparer.Ordinal)).Add(name, pending);
        return pending;
    }

    /// <summary>
    /// Forgets the tracks that were created on request and of which nothing can be read any more, because peers may request ever new
    /// names. The caller must hold the lock.
    /// </summary>
    private void ForgetGivenUp()
    {
        foreach (var track in _tracks.ToArray())
        {
            if (track.IsOnDemand && track.State.IsGivenUp)
                _tracks.Remove(track);
        }

        _limit = Math.Max(FirstLimit, 2 * _tracks.Count);
    }

    private PendingTrack? FindPending(string name) => _pending?.GetValueOrDefault(name);

    private void SetAnswered(PendingTrack pending)
    {
        pending.IsAnswered = true;
        ForgetPending(pending);
    }

    private void ForgetPending(PendingTrack pending)
    {
        if (FindPending(pending.Name) == pending)
            _pending!.Remove(pending.Name);
        _requests?.Remove(pending);
    }

    private void ThrowIfOver()
    {
        if (_end is not null)
            throw new MoqException(MoqErrorCode.Closed, "The broadcast is over: no track can be begun.");
    }

    private void ThrowIfInUse(string name)
    {
        if (_tracks.Find(name) is { IsOver: false })
        {
            throw new MoqException(
                MoqErrorCode.Duplicate, $"The broadcast has a live track '{name}' already. Finish or abort it first.");
        }
    }
}
