namespace IrohMoq.Reactive.Tests.Model;

/// <summary>
/// A group that arrives is fetched at the moment at which the last reader of its track leaves: the track ends then, and with it what has
/// not arrived of the group, unless the fetch counts as a reader before. A fetch that is too late asks the publisher.
/// </summary>
public sealed class FetchedWhileLeavingTests
{
    private const int Rounds = 10_000;

    [Test]
    [CancelAfter(60_000)]
    public void GroupOfATrackThatEnds_IsNotFetchedFromIt(CancellationToken token)
    {
        var arrived = 0L;
        var rounds = Enumerable.Range(0, Rounds).Select(static _ => new Round()).ToArray();
        var other = new Thread(() =>
        {
            var met = 0;
            foreach (var round in rounds)
            {
                Meet(++met);
                Thread.SpinWait(met % 64);
                round.Leave();
            }
        });
        other.Start();
        var here = 0;
        foreach (var round in rounds)
        {
            Meet(++here);
            round.Fetch();
        }

        other.Join();
        foreach (var round in rounds)
        {
            using var ending = round;
            Assert.That(round.HasEnded, Is.EqualTo(round.IsAskedForElsewhere));
        }

        void Meet(long time)
        {
            Interlocked.Increment(ref arrived);
            while (Interlocked.Read(ref arrived) < 2 * time)
                token.ThrowIfCancellationRequested();
        }

        Assert.That(rounds.Count(static round => round.HasEnded), Is.InRange(1, Rounds - 1), "one of both is always the first");
    }

    /// <summary>Represents a publisher of a group that does not end.</summary>
    private sealed class Round : ITrackProvider, IReceiveFlow, IDisposable
    {
        private readonly BroadcastProducer _broadcast = new();
        private readonly TrackCursor _first;
        private TrackProducer _track = null!;

        public Round()
        {
            _broadcast.Provider = this;
            _first = _broadcast.OpenCursor("t", SubscribeOptions.Default);
        }

        /// <summary>Gets a value indicating whether the track was given up for lack of readers.</summary>
        public bool HasEnded { get; private set; }

        /// <summary>Gets a value indicating whether the group was requested from the publisher.</summary>
        public bool IsAskedForElsewhere { get; private set; }

        public void Dispose() => _broadcast.Dispose();

        public void Leave()
        {
            _first.Dispose();
            HasEnded = _broadcast.TryRemoveUnread(_track);
        }

        public void Fetch() => _ = _broadcast.FetchAsync("t", 0, FetchOptions.Default, null, default).AsTask();

        public void Subscribe(TrackProducer track)
        {
            _track = track;
            track.State.SetFlow(this);
            track.CreateGroup(0).Write("x"u8);
        }

        public ValueTask<GroupConsumer> FetchAsync(
            string track, ulong sequence, FetchOptions options, Requester? peer, CancellationToken cancellationToken)
        {
            IsAskedForElsewhere = true;
            return default;
        }

        public ValueTask<TrackProperties?> PropertiesAsync(string track, Requester? peer, CancellationToken cancellationToken) =>
            throw new NotSupportedException("The test requests no properties.");

        public void OnUnreadChanged()
        {
            // Nothing more arrives.
        }

        public void OnStarving(GroupProducer group)
        {
            // Nothing more arrives.
        }

        public void OnSkipped(long groups)
        {
            // No group is skipped.
        }

        public void OnReaderCut()
        {
            // No reader is cut off.
        }

        public void OnDemandChanged()
        {
            // Nothing is asked for.
        }

        public void OnEarlierRequested()
        {
            // Nothing is asked for.
        }
    }
}
