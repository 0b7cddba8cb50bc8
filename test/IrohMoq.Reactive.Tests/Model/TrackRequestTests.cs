namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Tracks that are created when a reader requests them.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TrackRequestTests
{
    [Test]
    public void UnknownTrack_IsRequestedOnce_AndEveryReaderGetsItsGroups() => Studio.Run(static async studio =>
    {
        using var requests = studio.Broadcast.OpenTrackRequests();
        var readers = Enumerable.Range(0, 3).Select(_ => studio.Consumer().ReadAsync()).ToArray();
        var asked = await NextAsync(requests);
        Assert.That((asked.Name, asked.SubscriberCount), Is.EqualTo(("track", 3)));
        var more = NextAsync(requests);
        using var track = asked.Accept();
        track.Put();
        track.Put();
        track.Finish();
        foreach (var reader in readers)
            Assert.That(await reader, Is.EqualTo(new[] { "0:1,end", "1:1,end", "end" }));
        await studio.SettleAsync();
        Assert.That(more.IsCompleted, Is.False, "there is one request");
    });

    [Test]
    public void Requests_AreReadInTheOrderInWhichTheyWereMade_EachByOneOfTheReaders() => Studio.Run(static async studio =>
    {
        using var requests = studio.Broadcast.OpenTrackRequests();
        using var others = studio.Broadcast.OpenTrackRequests();
        using var a = Open(studio, "a");
        using var b = Open(studio, "b");
        using var c = Open(studio, "c");
        Assert.That(
            ((await NextAsync(requests)).Name, (await NextAsync(others)).Name, (await NextAsync(requests)).Name),
            Is.EqualTo(("a", "b", "c")));
    });

    [Test]
    public void RejectedTrack_FailsItsReaders_AndIsRequestedAgainByTheNext() => Studio.Run(static async studio =>
    {
        using var requests = studio.Broadcast.OpenTrackRequests();
        var refused = studio.Consumer().ReadAsync();
        var asked = await NextAsync(requests);
        asked.Reject(MoqErrorCode.Unauthorized);
        asked.Reject();
        Assert.That(await refused, Is.EqualTo(new[] { $"{MoqErrorCode.Unauthorized}" }));
        Assert.That(Steps.CodeOf(() => asked.Accept()), Is.EqualTo(MoqErrorCode.Duplicate), "it was answered");

        var second = studio.Consumer().ReadAsync();
        using var track = (await NextAsync(requests)).Accept();
        track.Put();
        track.Finish();
        Assert.That(await second, Is.EqualTo(new[] { "0:1,end", "end" }));
    });

    [Test]
    public void LastReaderOfRequests_LeavesWhatItHasReadToItsHolder_AndRefusesTheRest() => Studio.Run(static async studio =>
    {
        Assert.That(Steps.CodeOf(() => Open(studio, "early")), Is.EqualTo(MoqErrorCode.NotFound));
        var requests = studio.Broadcast.OpenTrackRequests();
        var others = studio.Broadcast.OpenTrackRequests();
        var read = studio.Broadcast.Consume().Track("read").ReadAsync();
        var unread = studio.Broadcast.Consume().Track("unread").ReadAsync();
        var asked = await NextAsync(requests);
        others.Dispose();
        await studio.SettleAsync();
        Assert.That(unread.IsCompleted, Is.False, "one reader of requests is left");
        requests.Dispose();
        Assert.That(await unread, Is.EqualTo(new[] { $"{MoqErrorCode.Cancel}" }));
        Assert.That(Steps.CodeOf(() => Open(studio, "late")), Is.EqualTo(MoqErrorCode.NotFound));
        using var track = asked.Accept();
        track.Finish();
        Assert.That(await read, Is.EqualTo(new[] { "end" }));
        await foreach (var none in requests.ReadAllAsync())
            Assert.Fail($"{none.Name} was requested from a reader that is disposed");
    });

    [Test]
    public void CreatedTrack_AnswersTheRequestsOfItsName() => Studio.Run(static async studio =>
    {
        using var requests = studio.Broadcast.OpenTrackRequests();
        var reading = studio.Consumer().ReadAsync();
        using (var track = studio.Track())
        {
            track.Put();
            track.Finish();
            Assert.That(await reading, Is.EqualTo(new[] { "0:1,end", "end" }));
        }

        using var other = Open(studio, "other");
        Assert.That((await NextAsync(requests)).Name, Is.EqualTo("other"), "the first request was answered before it was read");
    });

    [Test]
    public void RequestWhoseReadersHaveLeft_IsNotRead_AndOneThatWasReadCanBeAccepted() => Studio.Run(static async studio =>
    {
        using var requests = studio.Broadcast.OpenTrackRequests();
        Open(studio, "gone").Dispose();
        await studio.SettleAsync();
        var reader = Open(studio, "x");
        var asked = await NextAsync(requests);
        Assert.That(asked.Name, Is.EqualTo("x"));
        reader.Dispose();
        await studio.SettleAsync();
        using var again = Open(studio, "x");
        var second = await NextAsync(requests);
        Assert.That(second, Is.Not.SameAs(asked));
        Assert.That(Steps.CodeOf(() => asked.Accept()), Is.EqualTo(MoqErrorCode.Duplicate), "others wait for another request");
        second.Reject();
        using var track = asked.Accept();
        Assert.That(studio.Broadcast.Find("x"), Is.SameAs(track));
    });

    [Test]
    public void Requests_AreLimitedForEachPeer_AndAnAnswerMakesRoom() => Studio.Run(static async studio =>
    {
        byte[] mallory = [1], alice = [2];
        using var requests = studio.Broadcast.OpenTrackRequests();
        var cursors = Enumerable.Range(0, RequestQueue<PendingTrack>.MaxPerPeer)
            .Select(number => studio.Broadcast.OpenCursor($"{number}", SubscribeOptions.Default, new Requester(mallory))).ToList();
        Assert.That(Steps.CodeOf(() => Ask("more", mallory)), Is.EqualTo(MoqErrorCode.NoCapacity));
        Assert.That(studio.Broadcast.Find("more"), Is.Null);
        Ask("0", mallory);
        Ask("other", alice);
        (await NextAsync(requests)).Accept();
        Ask("more", mallory);
        Assert.That(Steps.CodeOf(() => Ask("too many", mallory)), Is.EqualTo(MoqErrorCode.NoCapacity));
        cursors[^1].Dispose();
        await studio.SettleAsync();
        Ask("instead", mallory);
        cursors.ForEach(static cursor => cursor.Dispose());

        void Ask(string name, byte[] peer) => cursors.Add(studio.Broadcast.OpenCursor(name, SubscribeOptions.Default, new Requester(peer)));
    });

    [Test]
    public void EndOfTheBroadcast_EndsEveryWait([Values] bool isAborted) => Studio.Run(async studio =>
    {
        var requests = studio.Broadcast.OpenTrackRequests();
        var requested = studio.Consumer().ReadAsync();
        var reserved = studio.Broadcast.ReserveTrack("reserved");
        var waiting = studio.Broadcast.Consume().Track("reserved").ReadAsync();
        var asked = await NextAsync(requests);
        var next = ReadAllAsync(requests);
        if (isAborted)
            studio.Broadcast.Abort(MoqErrorCode.Unauthorized);
        else
            studio.Broadcast.Finish();
        var code = isAborted ? MoqErrorCode.Unauthorized : MoqErrorCode.Closed;
        Assert.That(await requested, Is.EqualTo(new[] { $"{code}" }));
        Assert.That(await waiting, Is.EqualTo(new[] { $"{code}" }));
        Assert.That(await next, Is.Zero);
        Assert.That(Steps.CodeOf(() => asked.Accept()), Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(Steps.CodeOf(() => reserved.Accept()), Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(Steps.CodeOf(() => studio.Broadcast.OpenTrackRequests()), Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(Steps.CodeOf(() => studio.Broadcast.ReserveTrack("x")), Is.EqualTo(MoqErrorCode.Closed));
    });

    [Test]
    public void TrackThatIsDisposed_IsRequestedAnew_AndOneThatIsFinishedIsRead() => Studio.Run(static async studio =>
    {
        using var requests = studio.Broadcast.OpenTrackRequests();
        var first = studio.Consumer().ReadAsync();
        var track = (await NextAsync(requests)).Accept();
        track.Put();
        track.Finish();
        Assert.That(await first, Is.EqualTo(new[] { "0:1,end", "end" }));
        Assert.That(await studio.Consumer().ReadAsync(), Is.EqualTo(new[] { "0:1,end", "end" }));
        track.Dispose();
        var second = studio.Consumer().ReadAsync();
        using var again = (await NextAsync(requests)).Accept();
        Assert.That(again, Is.Not.SameAs(track));
        again.Finish();
        Assert.That(await second, Is.EqualTo(new[] { "end" }));
    });

    /// <summary>Peers may request ever new names.</summary>
    [Test]
    public void TracksThatAreDisposed_AreNotKept() => Studio.Run(static async studio =>
    {
        using var requests = studio.Broadcast.OpenTrackRequests();
        for (var i = 0; i < 5000; i++)
        {
            using var reader = Open(studio, $"{i}");
            using var track = (await NextAsync(requests)).Accept();
        }

        Assert.That(studio.Broadcast.TrackCount, Is.LessThan(200));
    });

    [Test]
    public void LosslessTrack_WaitsForTheReadersThatHaveRequestedIt() => Studio.Run(static async studio =>
    {
        using var requests = studio.Broadcast.OpenTrackRequests();
        using var cursor = studio.Broadcast.OpenCursor("track", SubscribeOptions.Default);
        using var track = (await NextAsync(requests)).Accept(new TrackOptions { Lossless = true, MaxCachedGroups = 2, Timescale = 90_000 });
        Assert.That((track.Options.Lossless, track.State.Timescale), Is.EqualTo((true, 90_000L)));
        var writing = WriteAsync();
        await studio.SettleAsync();
        Assert.That(writing.IsCompleted, Is.False);
        var read = new List<ulong>();
        while (read.Count < 10)
        {
            read.AddRange(cursor.TakeAll());
            await studio.SettleAsync();
        }

        await writing;
        Assert.That(read, Is.EqualTo(Enumerable.Range(0, 10).Select(static number => (ulong)number)));

        async Task WriteAsync()
        {
            for (var i = 0; i < 10; i++)
                await track.PutAsync();
        }
    });

    [Test]
    public void ReservedTrack_MakesItsReadersWait_AndStaysWithoutThem() => Studio.Run(static async studio =>
    {
        var reserved = studio.Broadcast.ReserveTrack("track");
        Open(studio, "track").Dispose();
        await studio.SettleAsync();
        Assert.That(Steps.CodeOf(() => studio.Broadcast.ReserveTrack("track")), Is.EqualTo(MoqErrorCode.Duplicate));
        Assert.That(Steps.CodeOf(() => studio.Track()), Is.EqualTo(MoqErrorCode.Duplicate));
        var reading = studio.Consumer().ReadAsync();
        await studio.SettleAsync();
        Assert.That((reading.IsCompleted, reserved.SubscriberCount), Is.EqualTo((false, 1)));
        using var track = reserved.Accept();
        track.Put();
        track.Finish();
        Assert.That(await reading, Is.EqualTo(new[] { "0:1,end", "end" }));

        studio.Broadcast.ReserveTrack("never").Reject();
        Assert.That(Steps.CodeOf(() => Open(studio, "never")), Is.EqualTo(MoqErrorCode.NotFound));
    });

    [Test]
    public void TrackThatIsRequested_CanBeReserved_AndIsThenNoRequest() => Studio.Run(static async studio =>
    {
        using var requests = studio.Broadcast.OpenTrackRequests();
        var reading = studio.Consumer().ReadAsync();
        var reserved = studio.Broadcast.ReserveTrack("track");
        using var other = Open(studio, "other");
        Assert.That((await NextAsync(requests)).Name, Is.EqualTo("other"));
        using var track = reserved.Accept();
        track.Finish();
        Assert.That(await reading, Is.EqualTo(new[] { "end" }));
    });

    private static TrackReader Open(Studio studio, string name) => studio.Broadcast.Consume().Track(name).Open();

    private static async Task<PendingTrack> NextAsync(RequestReader<PendingTrack> requests)
    {
        await foreach (var request in requests.ReadAllAsync())
            return request;
        throw new InvalidOperationException("There is no further request.");
    }

    private static async Task<int> ReadAllAsync(RequestReader<PendingTrack> requests)
    {
        var count = 0;
        await foreach (var request in requests.ReadAllAsync())
            count++;
        return count;
    }
}
