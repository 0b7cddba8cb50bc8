namespace IrohMoq.Reactive.Tests.Model;

/// <summary>
/// A reader joins a track that comes from elsewhere at the moment at which the last reader of the track leaves: it must not join that
/// track, because what the other reader has asked for is not what this one does.
/// </summary>
public sealed class JoiningTests
{
    private const int Rounds = 20_000;

    [Test]
    [CancelAfter(60_000)]
    public async Task Reader_DoesNotJoinATrackThatItsLastReaderHasLeft(CancellationToken token)
    {
        using var together = new Barrier(2);
        var rounds = Enumerable.Range(0, Rounds).Select(static _ => new Round()).ToArray();
        var other = new Thread(() =>
        {
            foreach (var round in rounds)
            {
                together.SignalAndWait(token);
                round.First.Dispose();
            }
        });
        other.Start();
        foreach (var round in rounds)
        {
            together.SignalAndWait(token);
            round.Join();
        }

        other.Join();
        var joined = 0;
        foreach (var round in rounds)
        {
            using var ending = round;
            if (!round.IsOneTrack)
                continue;
            joined++;
            Assert.That(await round.HaveBothReadAtOnceAsync(), Is.True);
        }

        Assert.That(joined, Is.LessThan(Rounds), "in no round has the first reader left before");
    }

    private sealed class Round : IDisposable
    {
        private readonly BroadcastProducer _broadcast = new() { Provider = new SilentProvider() };
        private readonly IAsyncEnumerator<TrackReaderEvent> _changes;
        private readonly Task<bool> _present;
        private TrackCursor? _second;

        public Round()
        {
            First = _broadcast.OpenCursor("t", SubscribeOptions.Default);
            _changes = _broadcast.Find("t")!.ReadReaderEventsAsync().GetAsyncEnumerator();
            _present = _changes.MoveNextAsync().AsTask();
        }

        public TrackCursor First { get; }

        public void Dispose() => _broadcast.Dispose();

        public bool IsOneTrack => _second!.Track == First.Track;

        public void Join() => _second = _broadcast.OpenCursor("t", SubscribeOptions.Default);

        /// <summary>Determines whether the second reader of the track has joined before the first one has left.</summary>
        public async Task<bool> HaveBothReadAtOnceAsync()
        {
            Assert.That(await _present && await _changes.MoveNextAsync(), Is.True);
            return _changes.Current.Reader.End is null;
        }
    }

    /// <summary>Represents a publisher that sends nothing, and is not told that the readers have left.</summary>
    private sealed class SilentProvider : ITrackProvider
    {
        public void Subscribe(TrackProducer track)
        {
            // Nothing arrives.
        }

        public ValueTask<GroupConsumer> FetchAsync(
            string track, ulong sequence, FetchOptions options, Requester? peer, CancellationToken cancellationToken) =>
            throw new NotSupportedException("The test only subscribes to tracks.");

        public ValueTask<TrackProperties?> PropertiesAsync(string track, Requester? peer, CancellationToken cancellationToken) =>
            throw new NotSupportedException("The test only subscribes to tracks.");
    }
}
