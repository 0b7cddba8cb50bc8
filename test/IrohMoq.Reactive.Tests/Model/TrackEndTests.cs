namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class TrackEndTests
{
    [Test]
    public void FinishedTrack_IsReadToItsEnd() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        var reading = studio.Consumer().ReadAsync();
        track.Put(1);
        track.Put(2);
        track.Finish();
        track.Finish();
        Assert.That(await reading, Is.EqualTo(new[] { "0:1,end", "1:2,end", "end" }));
    });

    [Test]
    public void FinishedTrack_IsReadByLaterReaders_FromTheNewestGroup(
        [Values] bool hadReader, [Values] bool lossless) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = lossless });
        var reading = hadReader ? studio.Consumer().ReadAsync() : null;
        track.Put(1);
        track.Put(2);
        track.Finish();
        if (reading is not null)
            Assert.That(await reading, Has.Count.EqualTo(3));
        Assert.That(await studio.Consumer().ReadAsync(), Is.EqualTo(new[] { "1:2,end", "end" }));
        Assert.That(await studio.Consumer().ReadAsync(), Is.EqualTo(new[] { "1:2,end", "end" }));
        Assert.That(studio.Pool.BytesOut, Is.Positive);
    });

    [Test]
    public void FinishedTrack_KeepsNothing_OnceItIsDisposedOrItsBroadcastEnds([Values] bool disposeTrack) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        track.Put(1);
        track.Finish();
        await using var reader = studio.Consumer().ReadGroupsAsync().GetAsyncEnumerator();
        Assert.That(await reader.MoveNextAsync(), Is.True);
        if (disposeTrack)
            track.Dispose();
        else
            studio.Broadcast.Dispose();
        Assert.That(studio.Pool.BytesOut, Is.Positive, "its present reader continues");
        reader.Current.Dispose();
        Assert.That(await reader.MoveNextAsync(), Is.False);
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void AbortedTrack_WhatIsFinishedIsReadBeforeTheCode() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        var reading = studio.Consumer().ReadAsync();
        track.Put(1);
        using var open = track.AppendGroup();
        open.Write([1]);
        track.Abort(MoqErrorCode.Unsupported);
        track.Finish();
        Assert.That(await reading, Is.EqualTo(new[] { "0:1,end", $"1:{MoqErrorCode.Unsupported}", $"{MoqErrorCode.Unsupported}" }));
        Assert.That(Steps.CodeOf(() => track.AppendGroup()), Is.EqualTo(MoqErrorCode.Unsupported));
    });

    [Test]
    public void ForgottenTrackOrGroup_IsDropped_NotEnded() => Studio.Run(static async studio =>
    {
        Task<IReadOnlyList<string>> reading;
        using (var track = studio.Track())
        {
            reading = studio.Consumer().ReadAsync();
            using var group = track.AppendGroup();
            group.Write([1]);
        }

        Assert.That(await reading, Is.EqualTo(new[] { $"0:{MoqErrorCode.Dropped}", $"{MoqErrorCode.Dropped}" }));
    });

    [Test]
    public void GroupThatIsOpenWhenItsTrackIsFinished_CanBeWrittenAndRead() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        var reading = studio.Consumer().ReadAsync();
        using var group = track.AppendGroup();
        group.Write(new byte[1]);
        track.Finish();
        await studio.SettleAsync();
        group.Write(new byte[2]);
        await studio.SettleAsync();
        Assert.That(reading.IsCompleted, Is.False);
        group.Finish();
        Assert.That(await reading, Is.EqualTo(new[] { "0:1,2,end", "end" }));
        Assert.That(Steps.CodeOf(() => track.AppendGroup()), Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(Steps.CodeOf(() => track.CreateGroup(0)), Is.EqualTo(MoqErrorCode.Closed));
    });

    [Test]
    public void GroupThatBreaksOff_IsReadAsFarAsItCame() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        var reading = studio.Consumer().ReadAsync();
        using var group = track.AppendGroup();
        group.Write(new byte[1]);
        group.BreakOff(MoqErrorCode.Transport, isRemote: true);
        track.Put(3);
        track.Finish();
        Assert.That(await reading, Is.EqualTo(new[] { $"0:1,{MoqErrorCode.Transport}", "1:3,end", "end" }));
    });

    [Test]
    public void AbortOfABroadcast_EndsEveryTrackWithItsCode() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var other = studio.Broadcast.CreateTrack("other");
        var readings = new[] { studio.Consumer().ReadAsync(), studio.Broadcast.Consume().Track("other").ReadAsync() };
        studio.Broadcast.Abort(MoqErrorCode.Unauthorized);
        foreach (var reading in readings)
            Assert.That(await reading, Is.EqualTo(new[] { $"{MoqErrorCode.Unauthorized}" }));
        Assert.That(await studio.Broadcast.Closed, Is.EqualTo(new BroadcastEnd(BroadcastEndCause.Aborted, MoqErrorCode.Unauthorized)));
    });

    [Test]
    public void TrackThatIsOver_GivesItsNameFree() => Studio.Run(static studio =>
    {
        using var old = studio.Track();
        Assert.That(Steps.CodeOf(() => studio.Track()), Is.EqualTo(MoqErrorCode.Duplicate));
        old.Finish();
        using var fresh = studio.Track();
        fresh.Put();
        old.Dispose();
        studio.Broadcast.Remove(old);
        Assert.That(fresh.Kept(), Is.EqualTo(new ulong[] { 0 }));
        using var cursor = studio.Broadcast.OpenCursor("track", new SubscribeOptions { Start = GroupStart.Oldest });
        Assert.That(cursor.TakeAll(), Is.EqualTo(new ulong[] { 0 }), "the name leads to the successor");
        studio.Broadcast.Finish();
        Assert.That(Steps.CodeOf(() => studio.Broadcast.CreateTrack("late")), Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(fresh.AppendGroup().Sequence, Is.EqualTo(1), "its tracks continue to their own ends");
    });
}
