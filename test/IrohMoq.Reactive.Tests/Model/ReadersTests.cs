namespace IrohMoq.Reactive.Tests.Model;

/// <summary>The producer of a track sees its readers, and how each of them ended.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReadersTests
{
    [Test]
    public void Readers_AreListedWhileTheyRead_AndAfterwardsWithTheirEnds() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        track.Put();
        var (leaves, stays) = (studio.Consumer().Open(), studio.Consumer().Open());
        await leaves.ReadGroupAsync();
        var readers = track.GetReaders()
            .Select(static reader => (reader.Number, reader.IsRemote, reader.PeerId.Length, reader.Groups, reader.End));
        Assert.That(readers, Is.EqualTo(new[]
        {
            (1L, false, 0, 1L, (TrackReaderEnd?)null),
            (2L, false, 0, 0L, null),
        }));
        leaves.Dispose();
        track.Finish();
        Assert.That(await stays.ReadGroupAsync(), Is.Not.Null);
        Assert.That(await stays.ReadGroupAsync(), Is.Null);
        Assert.That(Ends(track), Is.EqualTo(new (long, TrackReaderEnd?)[] { (1, TrackReaderEnd.Left), (2, TrackReaderEnd.Completed) }));
        Assert.That(track.ReaderTotals, Is.EqualTo(new ReaderTotals(0, 1, 1)));
    });

    [Test]
    public void ReaderOfAnAbortedTrack_IsAborted_AndOneThatTakesNothing_IsTooSlow() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 1, SlowReaderLimit = TimeSpan.FromSeconds(1) });
        using var stuck = track.OpenCursor();
        var reading = studio.Consumer().ReadAsync();
        await track.PutAsync();
        await track.PutAsync();
        await studio.SettleAsync();
        track.Abort(MoqErrorCode.Timeout);
        await reading;
        Assert.That(Ends(track), Is.EqualTo(new (long, TrackReaderEnd?)[] { (1, TrackReaderEnd.TooSlow), (2, TrackReaderEnd.Aborted) }));
    });

    [Test]
    public void Listener_GetsTheReadersOfNow_ThenEachChange_AndTheEnd() => Studio.Run(static async studio =>
    {
        var track = studio.Track();
        using var first = track.OpenCursor();
        var seen = new List<string>();
        var listening = ListenAsync();
        var second = track.OpenCursor();
        await studio.SettleAsync();
        second.Dispose();
        await studio.SettleAsync();
        track.Dispose();
        await studio.SettleAsync();
        Assert.That(listening.IsCompleted, Is.False, "there is still a reader");
        first.Dispose();
        await listening;
        Assert.That(seen, Is.EqualTo(new[] { "1 joins", "2 joins", "2 Left", "1 Aborted" }));

        async Task ListenAsync()
        {
            await foreach (var happened in track.ReadReaderEventsAsync())
                seen.Add($"{happened.Reader.Number} {happened.Reader.End?.ToString() ?? "joins"}");
        }
    });

    [Test]
    public void ListenerThatIsTooSlow_GetsTheNumberOfEventsThatItMissed() => Studio.Run(static async studio =>
    {
        const int Readers = 1_000;
        using var track = studio.Track();
        await using var listener = track.ReadReaderEventsAsync().GetAsyncEnumerator();
        var joined = listener.MoveNextAsync();
        track.OpenCursor().Dispose();
        Assert.That((await joined, listener.Current.Reader.Number), Is.EqualTo((true, 1L)));
        for (var i = 1; i < Readers; i++)
            track.OpenCursor().Dispose();
        var (events, skipped) = (1, 0L);
        while (events + skipped < 2 * Readers)
        {
            Assert.That(await listener.MoveNextAsync(), Is.True);
            events++;
            skipped += listener.Current.Skipped;
        }

        Assert.That((events, skipped), Is.EqualTo((1 + 256, (2L * Readers) - 257)), "the last 256 are kept");
        Assert.That(
            (listener.Current.Reader.Number, listener.Current.Reader.End),
            Is.EqualTo(((long)Readers, (TrackReaderEnd?)TrackReaderEnd.Left)));
        Assert.That(track.GetReaders(), Has.Count.EqualTo(128), "each has joined and left");
    });

    [Test]
    public void ListenerThatIsCanceled_Ends() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var stop = new CancellationTokenSource();
        await using var listener = track.ReadReaderEventsAsync(stop.Token).GetAsyncEnumerator();
        var waiting = listener.MoveNextAsync().AsTask();
        await studio.SettleAsync();
        stop.Cancel();
        try
        {
            await waiting;
            Assert.Fail("It was canceled.");
        }
        catch (OperationCanceledException end)
        {
            Assert.That(end.CancellationToken, Is.EqualTo(stop.Token));
        }
    });

    private static IEnumerable<(long Number, TrackReaderEnd? End)> Ends(TrackProducer track) =>
        track.GetReaders().Select(static reader => (reader.Number, reader.End)).Order();
}
