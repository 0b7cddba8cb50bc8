using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class MemoryTests
{
    private const int Small = 100;
    private const int Large = 100_000;

    [Test]
    public void EveryReaderOfAGroup_SeesTheVerySameMemory([Values(Small, Large)] int size) => Studio.Run(studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var cursors = Enumerable.Range(0, 20).Select(_ => track.OpenCursor()).ToArray();
        group.Write(new byte[size]);
        var written = studio.Pool.BytesOut;
        var readers = cursors.Select(static cursor => cursor.Take()).ToArray();
        var frames = readers.Select(static reader => reader.Take()).ToArray();
        Assert.That(
            frames.Count(
                frame => Unsafe.AreSame(in MemoryMarshal.GetReference(frame.Payload), in MemoryMarshal.GetReference(frames[0].Payload))),
            Is.EqualTo(20));
        Assert.That(studio.Pool.BytesOut, Is.EqualTo(written));
    });

    [Test]
    public void SmallFrames_ShareABlock() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        for (var i = 0; i < 160; i++)
            group.Write(new byte[100]);
        Assert.That(studio.Pool.BytesOut, Is.EqualTo((32 << 10) - 256), "the first blocks of a group are small");
    });

    public enum Ending
    {
        ReadToTheEnd,
        ReadersLeave,
        GroupAborted,
        GroupDisposed,
        TrackAborted,
        BroadcastAborted,
        TrackFinishedWhileAGroupIsOpen,
        Evicted,
    }

    [Test]
    public void AllMemory_ComesBack(
        [Values] Ending ending, [Values(Small, Large)] int size, [Values] bool lossless) => Studio.Run(async studio =>
    {
        var track = studio.Track(new TrackOptions { Lossless = lossless, MaxCachedGroups = 2 });
        var group = track.AppendGroup();
        var cursors = Enumerable.Range(0, 4).Select(_ => track.OpenCursor()).ToArray();
        var readers = cursors.Select(static cursor => cursor.Take()).ToArray();
        for (var f = 0; f < 4; f++)
            group.Write(new byte[size]);
        // One reader at the beginning, one at the end, and two between.
        for (var reader = 1; reader < 4; reader++)
        {
            for (var f = 0; f < (reader == 3 ? 4 : reader); f++)
                readers[reader].Take();
        }

        Assert.That(studio.Pool.BytesOut, Is.Positive);
        switch (ending)
        {
            case Ending.ReadToTheEnd:
                group.Finish();
                foreach (var reader in readers)
                    Assert.That(await reader.ReadAsync(), Has.Some.EqualTo("end"));
                track.Finish();
                break;
            case Ending.ReadersLeave:
                group.Finish();
                track.Finish();
                break;
            case Ending.GroupAborted:
                group.Abort(MoqErrorCode.Cancel);
                break;
            case Ending.GroupDisposed:
                group.Dispose();
                break;
            case Ending.TrackAborted:
                track.Abort(MoqErrorCode.Cancel);
                break;
            case Ending.BroadcastAborted:
                studio.Broadcast.Abort(MoqErrorCode.Cancel);
                break;
            case Ending.TrackFinishedWhileAGroupIsOpen:
                track.Finish();
                Leave();
                group.Write(new byte[size]);
                group.Write(new byte[size]);
                group.Finish();
                break;
            default:
                Leave();
                track.Put(size);
                if (!lossless)
                {
                    track.Put(size);
                    track.Put(size);
                }

                Assert.That(track.Kept(), Has.Count.EqualTo(2));
                group.Dispose();
                break;
        }

        Leave();
        if (ending is Ending.GroupAborted or Ending.GroupDisposed)
            Assert.That(studio.Pool.BytesOut, Is.Zero, "an aborted group is not kept for later readers");
        track.Dispose();
        Assert.That((studio.Pool.BytesOut, track.SubscriberCount), Is.EqualTo((0L, 0)));

        void Leave()
        {
            foreach (var reader in readers)
                reader.Dispose();
            foreach (var cursor in cursors)
                cursor.Dispose();
        }
    });

    [Test]
    public void GroupThatOutlivesTheReadingOfItsTrack_IsReadToItsEndAndThenGivenBack([Values] bool toTheEnd) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        var cursor = track.OpenCursor();
        track.Put(Small);
        var reader = cursor.Take();
        track.Finish();
        cursor.Dispose();
        track.Dispose();
        Assert.That((track.SubscriberCount, studio.Pool.BytesOut), Is.EqualTo((0, 256L)));
        if (toTheEnd)
            Assert.That(await reader.ReadAsync(), Is.EqualTo(new[] { "100", "end" }));
        else
            reader.Dispose();
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void EvictionUnderAReader_ReturnsAllButTheFrameItHolds() => Studio.Run(static studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 1 });
        using var group = track.AppendGroup();
        using var cursor = track.OpenCursor();
        using var reader = cursor.Take();
        for (var f = 0; f < 3; f++)
            group.Write(new byte[Large]);
        reader.Take();
        track.AppendGroup().Finish();
        Assert.That(studio.Pool.BytesOut, Is.EqualTo(128 << 10));
        Assert.That(reader.TryRead(out _), Is.False);
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void WritesThatAreRefused_TakeNoMemory([Values(Small, Large)] int size) => Studio.Run(studio =>
    {
        using var track = studio.Track();
        var group = track.AppendGroup();
        group.Finish();
        Assert.Throws<MoqStreamException>(() => group.Write(new byte[size]));
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void BegunFrame_GivesItsMemoryBackHoweverItEnds([Values] bool written) => Studio.Run(studio =>
    {
        using var track = studio.Track();
        var group = track.AppendGroup();
        var frame = new FrameAssembly();
        frame.Begin(group, Large, 0);
        Assert.That(studio.Pool.BytesOut, Is.EqualTo(64 << 10));
        group.Abort(MoqErrorCode.Cancel);
        while (frame.Missing > 0)
            frame.Advance(frame.Room.Length);
        if (written)
            Assert.Throws<MoqStreamException>(frame.Commit);
        frame.Abandon();
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void MemoryOfALargeFrame_GrowsWithWhatComes() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        var frame = new FrameAssembly();
        frame.Begin(group, GroupProducer.MaxFrameSize, 0);
        Assert.That(studio.Pool.BytesOut, Is.LessThanOrEqualTo(64 << 10));
        var most = 0L;
        for (var come = 0L; frame.Missing > 0; come = GroupProducer.MaxFrameSize - frame.Missing)
        {
            most = Math.Max(most, studio.Pool.BytesOut - (4 * come));
            frame.Room.Span[0] = 1;
            frame.Advance(Math.Min(100_000, frame.Room.Length));
        }

        Assert.That(most, Is.LessThanOrEqualTo(256 << 10));
        frame.Commit();
        group.Abort(MoqErrorCode.Cancel);
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });
}
