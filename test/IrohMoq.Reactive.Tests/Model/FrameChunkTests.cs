namespace IrohMoq.Reactive.Tests.Model;

/// <summary>Frames that are written in pieces, and readers that read the pieces before the frame is complete.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FrameChunkTests
{
    private const int Large = 300_000;

    [Test]
    public void Pieces_AreReadAsTheyAreWritten_AndTheWholeFrameByOthers() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var chunks = Reader(track);
        using var frames = Reader(track);
        var read = ReadAsync(chunks);
        var whole = frames.ReadFramesAsync().GetAsyncEnumerator();
        var waiting = whole.MoveNextAsync();
        using var frame = group.BeginFrame(10, TimeSpan.FromSeconds(3));
        await studio.SettleAsync();
        Assert.That(read.Chunks, Is.Empty);
        frame.Write([0, 1, 2]);
        await studio.SettleAsync();
        frame.Write([3, 4]);
        frame.Write([5]);
        await studio.SettleAsync();
        Assert.That((string.Join(' ', read.Chunks), waiting.IsCompleted, frame.Missing), Is.EqualTo(("0+3/10 3+3/10", false, 4)));
        frame.Write([6, 7, 8, 9]);
        frame.Finish();
        group.Write([10]);
        group.Finish();
        Assert.That(await waiting, Is.True);
        Assert.That((whole.Current.Length, whole.Current.Timestamp), Is.EqualTo((10, TimeSpan.FromSeconds(3))));
        await read.Done;
        Assert.That(string.Join(' ', read.Chunks), Is.EqualTo("0+3/10 3+3/10 6+4/10! 0+1/1!"));
        Assert.That(read.Bytes, Is.EqualTo(Enumerable.Range(0, 11)));
        await whole.DisposeAsync();
    });

    [Test]
    public void FrameThatGrows_IsReadFromTheMemoryOfEachPiece([Values] bool isReadAtOnce) => Studio.Run(async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var reader = Reader(track);
        var read = ReadAsync(reader);
        using var frame = group.BeginFrame(Large);
        for (var written = 0; written < Large; written += 1000)
        {
            frame.Write(Enumerable.Range(written, 1000).Select(static i => (byte)(i % 251)).ToArray());
            if (isReadAtOnce)
                await studio.SettleAsync();
        }

        frame.Finish();
        group.Finish();
        await read.Done;
        Assert.That(read.Bytes, Is.EqualTo(Enumerable.Range(0, Large).Select(static i => i % 251)));
        Assert.That(read.Chunks, Has.Count.EqualTo(isReadAtOnce ? Large / 1000 : 1));
        await studio.SettleAsync();
        Assert.That(studio.Pool.BytesOut, Is.EqualTo(512 << 10), "only the block of the whole frame, which is cached");
    });

    [Test]
    public void EmptyFrame_IsOneEmptyChunk() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var reader = Reader(track);
        var read = ReadAsync(reader);
        using (var frame = group.BeginFrame(0))
            frame.Finish();
        group.Finish();
        await read.Done;
        Assert.That(read.Chunks, Is.EqualTo(new[] { "0+0/0!" }));
    });

    [Test]
    public void WholeFrames_AreOneChunkEach_AndTheStylesCanBeMixed() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var reader = Reader(track).Keep();
        using var frame = group.BeginFrame(4);
        frame.Write([1, 2]);
        await foreach (var chunk in reader.ReadChunksAsync())
        {
            Assert.That((chunk.Offset, chunk.Length, chunk.IsLast), Is.EqualTo((0, 2, false)));
            break;
        }

        // Half of the frame was read. Whoever reads frames receives all of it, and does not wake up for its pieces.
        var frames = reader.ReadFramesAsync().GetAsyncEnumerator();
        var next = frames.MoveNextAsync();
        frame.Write([3]);
        await studio.SettleAsync();
        Assert.That(next.IsCompleted, Is.False);
        frame.Write([4]);
        frame.Finish();
        Assert.That((await next, frames.Current.ToArray()), Is.EqualTo((true, new byte[] { 1, 2, 3, 4 })));
        group.Write([5, 6]);
        await foreach (var chunk in reader.ReadChunksAsync())
        {
            Assert.That((chunk.ToArray(), chunk.IsLast), Is.EqualTo((new byte[] { 5, 6 }, true)));
            break;
        }
    });

    [Test]
    public void TooManyBytes_AreRefused_AndMissingOnesToo() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var frame = group.BeginFrame(3);
        Assert.That(Steps.CodeOf(() => frame.Write(new byte[4])), Is.EqualTo(MoqErrorCode.WrongSize));
        Assert.That(Steps.CodeOf(frame.Finish), Is.EqualTo(MoqErrorCode.WrongSize));
        Assert.That((frame.Missing, group.IsOpen), Is.EqualTo((3, true)), "nothing was written, and nothing is lost");
        frame.Write(new byte[3]);
        frame.Finish();
        frame.Finish();
        Assert.Throws<ObjectDisposedException>(() => frame.Write([1]));
        Assert.That(group.Frames.Count, Is.EqualTo(1));
    });

    [Test]
    public void WhileAFrameIsOpen_NothingElseIsWritten() => Studio.Run(static studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var frame = group.BeginFrame(3);
        Assert.Throws<InvalidOperationException>(() => group.Write([1]));
        Assert.Throws<InvalidOperationException>(() => group.BeginFrame(1));
        Assert.Throws<InvalidOperationException>(group.Finish);
        frame.Write([1, 2, 3]);
        frame.Finish();
        group.Write([1]);
        group.Finish();
        Assert.That(group.Frames.Bytes, Is.EqualTo(4));
    });

    [Test]
    public void FrameThatIsDisposedHalfWritten_AbortsItsGroup() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var reader = Reader(track);
        var read = ReadAsync(reader);
        using (var frame = group.BeginFrame(3))
            frame.Write([1]);
        Assert.That(await CodeAsync(read.Done), Is.EqualTo(MoqErrorCode.Dropped));
        Assert.That(Steps.CodeOf(() => group.Write([1])), Is.EqualTo(MoqErrorCode.Dropped));
        Assert.That(studio.Pool.BytesOut, Is.Zero);
    });

    [Test]
    public void GroupThatIsAborted_EndsItsFrame() => Studio.Run(static async studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        using var reader = Reader(track);
        var read = ReadAsync(reader);
        using (var frame = group.BeginFrame(3))
        {
            frame.Write([1]);
            await studio.SettleAsync();
            group.Abort(MoqErrorCode.Cancel);
            Assert.That(Steps.CodeOf(() => frame.Write([2])), Is.EqualTo(MoqErrorCode.Cancel));
            Assert.That(await CodeAsync(read.Done), Is.EqualTo(MoqErrorCode.Cancel));
        }

        Assert.That((string.Join(' ', read.Chunks), studio.Pool.BytesOut), Is.EqualTo(("0+1/3", 0L)));
    });

    [TestCase(-1)]
    [TestCase(GroupProducer.MaxFrameSize + 1)]
    public void FrameOfAnImpossibleSize_IsNotBegun(int size) => Studio.Run(studio =>
    {
        using var track = studio.Track();
        using var group = track.AppendGroup();
        Assert.Catch(() => group.BeginFrame(size));
        Assert.That(studio.Pool.BytesOut, Is.Zero);
        group.Write([1]);
    });

    [Test]
    public void LosslessTrack_LetsAFrameBeginWhenThereIsRoom() => Studio.Run(static async studio =>
    {
        using var track = studio.Track(new TrackOptions { Lossless = true, MaxCachedBytes = 100_000 });
        using var cursor = track.OpenCursor();
        using var group = await track.AppendGroupAsync();
        var writing = Task.CompletedTask;
        // Fills the cache: the last write waits.
        while (writing.IsCompleted)
            writing = group.WriteAsync(new byte[50_000]).AsTask();
        Assert.Throws<InvalidOperationException>(() => group.BeginFrame(10));
        var beginning = group.BeginFrameAsync(10).AsTask();
        await studio.SettleAsync();
        Assert.That(beginning.IsCompleted, Is.False);
        Assert.That(cursor.TryNext(out var reader), Is.True);
        while (reader.TryRead(out _))
        {
            // Makes room.
        }

        await writing;
        using var frame = await beginning;
        Assert.That(frame.Missing, Is.EqualTo(10));
    });

    private static GroupConsumer Reader(TrackProducer track)
    {
        var cursor = track.OpenCursor();
        Assert.That(cursor.TryNext(out var group), Is.True);
        return group;
    }

    private static Reading ReadAsync(GroupConsumer group)
    {
        var (chunks, bytes) = (new List<string>(), new List<int>());
        return new Reading(chunks, bytes, RunAsync());

        async Task RunAsync()
        {
            await foreach (var chunk in group.ReadChunksAsync())
            {
                chunks.Add($"{chunk.Offset}+{chunk.Length}/{chunk.FrameLength}{(chunk.IsLast ? "!" : "")}");
                foreach (var one in chunk.Payload)
                    bytes.Add(one);
            }
        }
    }

    private static async Task<MoqErrorCode> CodeAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (MoqException failure)
        {
            return failure.Code;
        }

        throw new InvalidOperationException("It did not fail.");
    }

    private sealed record Reading(List<string> Chunks, List<int> Bytes, Task Done);
}
