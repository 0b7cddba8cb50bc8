using IrohMoq.Reactive.Tests.Pipeline;

namespace IrohMoq.Reactive.Tests.Model;

[Parallelizable(ParallelScope.All)]
public sealed class FrameTests
{
    [Test]
    public void FrameOfTheStep_ShowsItsBytesEveryWay() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var reader = Reader(track, [1, 2, 3], [4]);
        var frame = reader.Take();
        using var copy = new MemoryStream();
        await frame.CopyToAsync(copy);
        using var kept = frame.Retain();
        Assert.That(
            new[] { frame.Payload.ToArray(), frame.ToArray(), copy.ToArray(), kept.Payload.ToArray() },
            Is.All.EqualTo(new byte[] { 1, 2, 3 }));
    });

    [Test]
    public void SecondReadingOfAGroup_IsNotEndedByTheFirstReadersToken() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var reader = Reader(track, [1], [2]);
        using var both = new CancellationTokenSource();
        using var first = new CancellationTokenSource();
        reader.Keep();
        var frames = reader.ReadFramesAsync(both.Token);
        await foreach (var frame in frames.WithCancellation(first.Token))
        {
            first.Cancel();
            break;
        }

        var read = 0;
        await foreach (var frame in frames)
        {
            read += frame.Length;
            break;
        }

        Assert.That(read, Is.EqualTo(1));
    });

    public enum Leaving
    {
        NextFrame,
        EndOfTheGroup,
        Disposal,
    }

    [Test]
    public void FrameAfterItsStep_ThrowsEveryWay([Values] Leaving leaving) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        using var reader = leaving == Leaving.NextFrame ? Reader(track, [1], [2]) : Reader(track, [1]);
        var frame = reader.Take();
        if (leaving == Leaving.NextFrame)
            reader.Take();
        else if (leaving == Leaving.EndOfTheGroup)
            Assert.That(await reader.ReadAsync(), Is.EqualTo(new[] { "end" }));
        else
            reader.Dispose();
        await AssertIsGoneAsync(frame);
    });

    [Test]
    public void FrameThatNeverWas_ThrowsEveryWay() => Studio.Run(static async studio => await AssertIsGoneAsync(default));

    [Test]
    public void FrameOfAGroupThatIsAbortedOrEvicted_IsValidUntilTheReaderContinues([Values] bool evicted) => Studio.Run(async studio =>
    {
        using var track = studio.Track(new TrackOptions { MaxCachedGroups = 1 });
        using var group = track.AppendGroup();
        using var cursor = track.OpenCursor();
        using var reader = cursor.Take();
        group.Write([1, 2, 3]);
        var frame = reader.Take();
        if (evicted)
            track.Put(20_000);
        else
            group.Abort(MoqErrorCode.Cancel);
        Scribble(studio);
        Assert.That(frame.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(reader.TryRead(out _), Is.False);
        await AssertIsGoneAsync(frame);
    });

    [Test]
    public void FrameOfAReaderThatIsCutOff_IsShownUntilTheReaderMovesOn() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions
        {
            Lossless = true,
            DropsWithoutReaders = true,
            MaxCachedBytes = 1,
            SlowReaderLimit = TimeSpan.FromSeconds(1),
        });
        using var cursor = track.OpenCursor();
        using var group = track.AppendGroup();
        using var reader = cursor.Take();
        group.Write([1, 2, 3]);
        var frame = reader.Take();
        group.Push(20_000);
        // The writer waits for the reader and cuts it off after its limit.
        await group.WriteAsync(new byte[20_000]);
        group.Dispose();
        track.Dispose();
        Scribble(studio);
        Assert.That(frame.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(reader.TryRead(out _), Is.False);
        await AssertIsGoneAsync(frame);
        Assert.That(
            await VirtualWorld.FailureOf(reader.WaitAsync(CancellationToken.None).AsTask()),
            Is.InstanceOf<MoqStreamException>().With.Property(nameof(MoqException.Code)).EqualTo(MoqErrorCode.SlowReader));
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void RetainedFrame_KeepsItsBytesThroughEverything_AndThrowsWhenItIsDisposed() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        var reader = Reader(track, [1, 2, 3]);
        var kept = reader.Take().Retain();
        reader.Dispose();
        track.Abort(MoqErrorCode.Cancel);
        Scribble(studio);
        Assert.That(kept.Payload.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(studio.Pool.BytesOut, Is.EqualTo(256));
        kept.Dispose();
        kept.Dispose();
        Assert.That(studio.Pool.BytesOut, Is.Zero);
        Assert.Throws<ObjectDisposedException>(() => _ = kept.Payload);
    });

    [Test]
    public void CopyThatIsSlow_KeepsTheMemoryThoughTheReaderMovesOn() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        var reader = Reader(track, [1, 2, 3]);
        var frame = reader.Take();
        using var destination = new SlowStream(studio);
        var copying = frame.CopyToAsync(destination).AsTask();
        reader.Dispose();
        track.Abort(MoqErrorCode.Cancel);
        Scribble(studio);
        await copying;
        Assert.That(destination.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    private static GroupConsumer Reader(TrackProducer track, params byte[][] frames)
    {
        using var group = track.AppendGroup();
        foreach (var frame in frames)
            group.Write(frame);
        group.Finish();
        using var cursor = track.OpenCursor();
        return cursor.Take();
    }

    /// <summary>Overwrites all memory that is free in the pool.</summary>
    private static void Scribble(Studio studio)
    {
        var blocks = Enumerable.Range(0, 8).Select(_ => studio.Pool.Rent(16 << 10)).ToArray();
        foreach (var block in blocks)
        {
            block.Span.Fill(0xEE);
            block.Release();
        }
    }

    private static async Task AssertIsGoneAsync(Frame frame)
    {
        Assert.Throws<ObjectDisposedException>(() => _ = frame.Payload.Length);
        Assert.Throws<ObjectDisposedException>(() => frame.ToArray());
        Assert.Throws<ObjectDisposedException>(() => frame.Retain());
        using var copy = new MemoryStream();
        Assert.That(await VirtualWorld.FailureOf(frame.CopyToAsync(copy).AsTask()), Is.InstanceOf<ObjectDisposedException>());
        Assert.That(copy.Length, Is.Zero);
    }

    private sealed class SlowStream(Studio studio) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await studio.SettleAsync();
            Write(buffer.Span);
        }
    }
}
