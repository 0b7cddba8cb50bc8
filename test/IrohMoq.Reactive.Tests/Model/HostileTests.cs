using IrohMoq.Reactive.Tests.Pipeline;

namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class HostileTests
{
    [Test]
    public void FrameThatIsTooLarge_IsRefusedBeforeMemoryIsTaken() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var frame = new FrameAssembly();
        Assert.That(Steps.CodeOf(() => frame.Begin(group, GroupProducer.MaxFrameSize + 1, 0)), Is.EqualTo(MoqErrorCode.FrameTooLarge));
        Assert.That(Steps.CodeOf(() => frame.Begin(group, int.MaxValue, 0)), Is.EqualTo(MoqErrorCode.FrameTooLarge));
        Assert.That(Steps.CodeOf(() => group.Write(new byte[GroupProducer.MaxFrameSize + 1])), Is.EqualTo(MoqErrorCode.FrameTooLarge));
        Assert.Throws<ArgumentOutOfRangeException>(() => frame.Begin(group, -1, 0));
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void FrameThatTheGroupHasNoRoomFor_IsRefusedBeforeMemoryIsTaken() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var frame = new FrameAssembly();
        group.Write(new byte[GroupProducer.MaxFrameSize - 10]);
        var held = studio.Pool.BytesOut;
        Assert.That(Steps.CodeOf(() => frame.Begin(group, 11, 0)), Is.EqualTo(MoqErrorCode.BoundsExceeded));
        Assert.That(Steps.CodeOf(() => group.Write(new byte[11])), Is.EqualTo(MoqErrorCode.BoundsExceeded));
        Assert.That(studio.Pool.BytesOut, Is.EqualTo(held));
        frame.Begin(group, 10, 0);
        frame.Advance(10);
        frame.Commit();
        Assert.That(group.Frames.Bytes, Is.EqualTo(GroupProducer.MaxGroupSize));
    });

    [Test]
    public void FramesWithoutEnd_AreRefusedThoughTheyAreEmpty() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        for (var f = 0; f < GroupProducer.MaxFrames; f++)
            group.Write([]);
        Assert.That(Steps.CodeOf(() => group.Write([])), Is.EqualTo(MoqErrorCode.BoundsExceeded));
    });

    [Test]
    public void UnreadEmptyFrames_FillALosslessTrack() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 100_000 });
        using var cursor = track.OpenCursor();
        using var group = track.AppendGroup();
        var written = 0;
        for (; written < 10_000; written++)
        {
            var writing = group.WriteAsync(default);
            if (!writing.IsCompleted)
            {
                _ = VirtualWorld.FailureOf(writing.AsTask());
                break;
            }

            await writing;
        }

        Assert.That(written, Is.InRange(100_000 / 28, 100_000 / 24), "an empty frame takes memory all the same");
    });

    [Test]
    public void FrameThatIsNotWhole_IsNotWritten() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var frame = new FrameAssembly();
        using var cursor = track.OpenCursor();
        using var reader = cursor.Take();
        frame.Begin(group, 1000, 0);
        frame.Advance(999);
        Assert.That(Steps.CodeOf(frame.Commit), Is.EqualTo(MoqErrorCode.WrongSize));
        Assert.That(reader.TryRead(out _), Is.False, "what is missing would be another frame's bytes");
        frame.Advance(1);
        frame.Commit();
        group.Finish();
        Assert.That(await reader.ReadAsync(), Is.EqualTo(new[] { "1000", "end" }));
    });

    [Test]
    public void FrameThatIsOverfilled_OrWasNeverBegun_IsRefused() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var frame = new FrameAssembly();
        Assert.Throws<InvalidOperationException>(frame.Commit);
        frame.Begin(group, 1000, 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => frame.Advance(1001));
        Assert.Throws<ArgumentOutOfRangeException>(() => frame.Advance(-1));
        Assert.That(frame.Missing, Is.EqualTo(1000));
        Assert.That(frame.Room.Length, Is.EqualTo(1000), "not the whole block");
        frame.Advance(1000);
        frame.Commit();
        Assert.Throws<InvalidOperationException>(frame.Commit, "once is enough");
        Assert.That(group.Frames.Count, Is.EqualTo(1));
    });

    [Test]
    public void EmptyFrame_IsAFrame([Values] bool pieceByPiece) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var frame = new FrameAssembly();
        using var cursor = track.OpenCursor();
        using var reader = cursor.Take();
        if (pieceByPiece)
        {
            frame.Begin(group, 0, 0);
            frame.Commit();
        }
        else
        {
            group.Write([]);
        }

        group.Finish();
        Assert.That(await reader.ReadAsync(), Is.EqualTo(new[] { "0", "end" }));
    });

    [Test]
    public void GroupNumberInUse_IsRefusedAndHasNoOtherEffect() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        track.Put(sequence: 5);
        Assert.That(Steps.CodeOf(() => track.CreateGroup(5)), Is.EqualTo(MoqErrorCode.Duplicate));
        Assert.That(track.AppendGroup().Sequence, Is.EqualTo(6));
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 5, 6 }));
    });

    [Test]
    public void OldGroupNumbers_AreTakenAndDoNotTurnTheNumberingBack() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        foreach (var number in new ulong[] { 10, 3, 0, 7 })
            track.Put(sequence: number);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { 10, 3, 0, 7 }), "in the order they came");
        Assert.That(track.AppendGroup().Sequence, Is.EqualTo(11));
    });

    [Test]
    public void GroupNumberBeyondWhatEveryPeerReads_IsRefused(
        [Values((1UL << 53) - 1, (1UL << 62) - 1, ulong.MaxValue)] ulong number) => Studio.Run(studio =>
    {
        using var track = studio.Track();
        Assert.That(Steps.CodeOf(() => track.CreateGroup(number)), Is.EqualTo(MoqErrorCode.BoundsExceeded));
        Assert.That(track.AppendGroup().Sequence, Is.Zero);
    });

    [Test]
    public void AfterTheHighestGroupNumber_NoneFollows() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        track.Put(sequence: TrackProducer.MaxSequence);
        Assert.That(TrackProducer.MaxSequence, Is.EqualTo((1UL << 53) - 2));
        Assert.That(Steps.CodeOf(() => track.AppendGroup()), Is.EqualTo(MoqErrorCode.BoundsExceeded));
        track.Put(sequence: 3);
        Assert.That(track.Kept(), Is.EqualTo(new ulong[] { TrackProducer.MaxSequence, 3 }));
    });

    [Test]
    public void GroupThatIsOver_StaysAsItEnded() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        var group = track.AppendGroup();
        using var cursor = track.OpenCursor();
        using var reader = cursor.Take();
        group.Write([1]);
        group.Finish();
        group.Finish();
        group.Abort(MoqErrorCode.Cancel);
        group.Dispose();
        Assert.That(Steps.CodeOf(() => group.Write([2])), Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(Steps.CodeOf(() => group.Write(new byte[100_000])), Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(
            (await VirtualWorld.FailureOf(group.WriteAsync(new byte[1]).AsTask()) as MoqStreamException)?.Code,
            Is.EqualTo(MoqErrorCode.Closed));
        Assert.That(await reader.ReadAsync(), Is.EqualTo(new[] { "1", "end" }));

        var lost = track.AppendGroup();
        lost.Dispose();
        lost.Abort(MoqErrorCode.Cancel);
        Assert.That(Steps.CodeOf(() => lost.Write([2])), Is.EqualTo(MoqErrorCode.Dropped));
        Assert.That(Steps.CodeOf(lost.Finish), Is.EqualTo(MoqErrorCode.Dropped));
    });

    public enum Wait
    {
        ForRoomForAGroup,
        ForRoomForAFrame,
        ForASubscriber,
        ForNoSubscriber,
        ForAGroup,
        ForAFrame,
    }

    [Test]
    public void CanceledWait_EndsAlone_AndTheGroupContinues([Values] Wait wait) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, DropsWithoutReaders = true, MaxCachedBytes = 10 });
        using var group = track.AppendGroup();
        using var cursor = wait == Wait.ForASubscriber ? null : track.OpenCursor();
        using var reader = wait is Wait.ForAGroup or Wait.ForAFrame ? cursor!.Take() : null;
        if (reader is null)
            group.Push(20);
        using var giveUp = new CancellationTokenSource();
        var given = Begin(giveUp.Token);
        await studio.SettleAsync();
        Assert.That(given.IsCompleted, Is.False);
        giveUp.Cancel();
        await studio.SettleAsync();
        Assert.That(given.IsCanceled, Is.True);
        Assert.That(Begin(giveUp.Token).IsCanceled, Is.True, "a canceled caller does not wait");

        var again = Begin(default);
        await studio.SettleAsync();
        Assert.That(again.IsCompleted, Is.False);
        switch (wait)
        {
            case Wait.ForASubscriber:
                track.OpenCursor();
                break;
            case Wait.ForAGroup:
                track.AppendGroup();
                break;
            case Wait.ForAFrame:
                group.Write([1]);
                break;
            default:
                cursor!.Dispose();
                break;
        }

        await studio.SettleAsync();
        Assert.That(again.IsCompletedSuccessfully, Is.True);

        Task Begin(CancellationToken cancel) => wait switch
        {
            Wait.ForRoomForAGroup => track.AppendGroupAsync(cancel).AsTask(),
            Wait.ForRoomForAFrame => group.WriteAsync(new byte[1], cancel).AsTask(),
            Wait.ForASubscriber => track.WaitForSubscriberAsync(cancel).AsTask(),
            Wait.ForNoSubscriber => track.WaitForNoSubscriberAsync(cancel).AsTask(),
            Wait.ForAGroup => cursor!.WaitAsync(cancel).AsTask(),
            _ => reader!.WaitAsync(cancel).AsTask(),
        };
    });
}
