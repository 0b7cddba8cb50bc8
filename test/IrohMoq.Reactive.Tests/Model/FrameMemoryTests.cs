using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IrohMoq.Reactive.Tests.Pipeline;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Frames that the writer fills in the memory of the group, without a copy.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FrameMemoryTests
{
    private const int Large = 64 << 10;

    [Test]
    public void LargeFrame_IsReadFromTheMemoryThatTheWriterFilled() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var reader = track.OpenCursor().Take();
        var memory = group.GetFrameMemory(Large);
        memory.Span.Fill(7);
        var length = memory.Length;
        group.CommitFrame(Large - 100);
        var frame = reader.Take();
        Assert.That((length, frame.Length, frame.Payload.IndexOfAnyExcept((byte)7)), Is.EqualTo((Large, Large - 100, -1)));
        Assert.That(
            Unsafe.AreSame(in MemoryMarshal.GetReference(frame.Payload), in MemoryMarshal.GetReference(memory.Span)), Is.True, "no copy");
    });

    [TestCase(100, 100, 256)]
    [TestCase(Large, 100, 256)]
    [TestCase(Large, 10_000, 16 << 10)]
    [TestCase(Large, 0, 256)]
    public void FrameThatIsSmall_OrMuchShorterThanItsMemory_IsCopied(int size, int length, int kept) => Studio.Run(studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var reader = track.OpenCursor().Take();
        group.GetFrameMemory(size).Span.Fill(7);
        group.CommitFrame(length);
        Assert.That(studio.Pool.BytesOut, Is.EqualTo(kept), "the memory is released");
        Assert.That(reader.Take().ToArray(), Is.EqualTo(Enumerable.Repeat((byte)7, length)));
    });

    [Test]
    public void MemoryIsReplaced_AndReleasedByEveryEndOfTheGroup([Values("finish", "abort", "dispose")] string way) =>
        Studio.Run(studio =>
        {
            using var track = studio.Track();
            var group = track.AppendGroup();
            group.GetFrameMemory(1000);
            group.GetFrameMemory(Large);
            Assert.That(studio.Pool.BytesOut, Is.EqualTo(Large), "the first memory was too small");
            group.GetFrameMemory(10);
            Assert.That(studio.Pool.BytesOut, Is.EqualTo(Large), "the memory is used again");
            switch (way)
            {
                case "finish":
                    group.Finish();
                    break;
                case "abort":
                    group.Abort(MoqErrorCode.Cancel);
                    break;
                default:
                    group.Dispose();
                    break;
            }

            Assert.That(studio.Pool.BytesOut, Is.Zero);
        });

    [Test]
    public void CommitWithoutMemory_AndWrongLengths_AreRefused() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        Assert.That(() => group.CommitFrame(0), Throws.InvalidOperationException.With.Message.Contains("GetFrameMemory"));
        Assert.That(await VirtualWorld.FailureOf(group.CommitFrameAsync(0).AsTask()), Is.InstanceOf<InvalidOperationException>());
        Assert.That(() => group.GetFrameMemory(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => group.GetFrameMemory(GroupProducer.MaxFrameSize + 1),
            Throws.InstanceOf<MoqStreamException>().With.Property("Code").EqualTo(MoqErrorCode.FrameTooLarge));
        group.GetFrameMemory(Large);
        Assert.That(() => group.CommitFrame(Large + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => group.CommitFrame(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        group.CommitFrame(Large);
        Assert.That(() => group.CommitFrame(Large), Throws.InvalidOperationException, "each frame needs its own memory");
    });

    [Test]
    public void CommitOnALosslessTrack_WaitsForRoom_AndKeepsTheMemory() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = Large });
        using var group = track.AppendGroup();
        using var reader = track.OpenCursor().Take();
        group.GetFrameMemory(Large);
        await group.CommitFrameAsync(Large);
        group.GetFrameMemory(Large).Span.Fill(9);
        Assert.That(() => group.CommitFrame(Large), Throws.InvalidOperationException.With.Message.Contains("CommitFrameAsync"));
        using var stop = new CancellationTokenSource();
        var canceled = group.CommitFrameAsync(Large, stop.Token).AsTask();
        await studio.SettleAsync();
        WriterTests.Cancel(stop);
        await studio.SettleAsync();
        Assert.That(await VirtualWorld.FailureOf(canceled), Is.InstanceOf<OperationCanceledException>());
        var waiting = group.CommitFrameAsync(Large).AsTask();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompleted, Is.False);
        reader.Take();
        await studio.SettleAsync();
        Assert.That(waiting.IsCompletedSuccessfully, Is.True);
        Assert.That(reader.Take().Payload.IndexOfAnyExcept((byte)9), Is.EqualTo(-1));
    });

    [Test]
    public void TrackThatEndsMeanwhile_DoesNotTakeTheMemoryFromItsWriter() => Studio.Run(static studio =>
    {
        var track = studio.Track();
        var group = track.AppendGroup();
        var memory = group.GetFrameMemory(Large);
        track.Abort(MoqErrorCode.Cancel);
        Assert.That(studio.Pool.BytesOut, Is.EqualTo(Large), "the writer may still fill it");
        memory.Span.Fill(1);
        Assert.That(() => group.CommitFrame(Large), Throws.InstanceOf<MoqStreamException>());
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });
}
