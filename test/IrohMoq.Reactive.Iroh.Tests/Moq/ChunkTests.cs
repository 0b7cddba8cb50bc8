namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A frame that is written in pieces, over real QUIC: each piece is read before the next one is written.</summary>
public sealed class ChunkTests
{
    private const int Pieces = 10;
    private const int PieceSize = 70_000;

    [Test]
    [CancelAfter(60_000)]
    public async Task EachPiece_ArrivesBeforeTheNextIsWritten(
        [Values("moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06")] string version, CancellationToken ct)
    {
        await using var pair = await MoqPair.StartAsync(subscriber: new MoqOptions { Protocols = [version] });
        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack("t");
        using var live = pair.Publisher.Publish("x", broadcast);
        var session = await pair.ConnectAsync(ct);
        Assert.That(session.Protocol, Is.EqualTo(version));
        var remote = await session.SubscribeAsync("x", ct);
        await using var groups = remote.Track("t").ReadGroupsAsync(cancellationToken: ct).GetAsyncEnumerator(ct);
        var first = groups.MoveNextAsync();
        await track.WaitForSubscriberAsync(ct);

        using var group = track.AppendGroup();
        var bytes = new byte[Pieces * PieceSize];
        new Random(1).NextBytes(bytes);
        using var frame = group.BeginFrame(bytes.Length);
        frame.Write(bytes.AsSpan(0, PieceSize));
        Assert.That(await first, Is.True);
        var received = new List<byte>();
        var written = 1;
        await foreach (var chunk in groups.Current.ReadChunksAsync(ct))
        {
            Assert.That((chunk.Offset, chunk.FrameLength), Is.EqualTo((received.Count, bytes.Length)));
            received.AddRange(chunk.Payload);
            // The last piece is delivered with the end of the frame.
            if (received.Count < written * PieceSize)
                continue;
            if (written == Pieces)
                break;
            frame.Write(bytes.AsSpan(written++ * PieceSize, PieceSize));
            if (written == Pieces)
                frame.Finish();
        }

        Assert.That(received, Is.EqualTo(bytes));
    }
}
