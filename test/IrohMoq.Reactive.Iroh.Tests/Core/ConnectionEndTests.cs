using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>How connections end, in virtual time.</summary>
[Parallelizable(ParallelScope.All)]
public class ConnectionEndTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly LinkModel Narrow = new() { Delay = TimeSpan.FromMilliseconds(20), Rate = 200_000, Queue = 30_000 };
    private static readonly TransportEnd TimedOut = new(TransportEndCause.TimedOut, 0, "", IsRemote: false);

    private static readonly TransportEnd HandshakeTimedOut = new(
        TransportEndCause.TimedOut, 0, "the handshake was not complete within the handshake timeout", IsRemote: false);

    [Test]
    public void CloseWithDataInFlight_IsReportedWithItsCode_AndWhatHadArrivedIsReadable([Values] bool isClient)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var pair = new VirtualPair(seed, Narrow);
            pair.Connect();
            var (closing, other) = isClient ? (pair.Dialed, pair.Accepted) : (pair.Accepted, pair.Dialed);
            var sent = VirtualPair.Payload(seed, 1_000_000);
            VirtualStream? writing = null, reading = null, answering = null;
            closing.Open(isUni: true, stream => (writing = stream).Send.WriteAll(sent));
            other.Open(isUni: true, stream => (answering = stream).Send.WriteAll(sent));
            other.Accepted = stream => reading = stream;
            pair.Network.Run(Second);
            closing.Close(77, "enough");
            pair.Wait(() => other.End is not null, Second, "The end of the peer");

            Assert.That(closing.End, Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, 77, "enough", IsRemote: false)));
            Assert.That(other.End, Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, 77, "enough", IsRemote: true)));
            foreach (var stream in new[] { writing!, answering! })
                Assert.That(stream.Send.End, Is.EqualTo(new StreamEnd(StreamEndCause.ConnectionClosed, 0)), pair.Description);
            Assert.That(reading!.Receive.Count, Is.InRange(100_000, 999_999), pair.Description);
            Assert.That(reading.Receive.Hash, Is.EqualTo(VirtualPair.HashOf(sent.AsSpan(0, (int)reading.Receive.Count))));
            Assert.That(reading.Receive.Error, Is.TypeOf<TransportClosedException>(), pair.Description);
            pair.CloseAndCheckMemory();
        }
    }

    /// <summary>The connection closes before the reader has read, which gets all the same what has arrived, the end included.</summary>
    [Test]
    public void WholeStreamThatArrivedBeforeTheClose_IsReadToItsEnd()
    {
        using var pair = new VirtualPair(seed: 1);
        pair.Connect();
        var sent = VirtualPair.Payload(1, 100_000);
        VirtualStream? reading = null;
        pair.Accepted.Accepted = stream =>
        {
            reading = stream;
            stream.Receive.IsPaused = true;
        };
        pair.Dialed.Open(isUni: true, stream => stream.Send.WriteAll(sent));
        pair.Network.Run(Second);
        pair.Dialed.Close(0, "");
        pair.Wait(() => pair.Accepted.End is not null, Second, "The end of the peer");
        Assert.That(pair.Server.Settings.Budget.Used, Is.GreaterThanOrEqualTo(sent.Length));
        reading!.Receive.IsPaused = false;
        pair.Network.Run(Second);
        Assert.That((reading.Receive.IsFinished, reading.Receive.Hash), Is.EqualTo((true, VirtualPair.HashOf(sent))));
        pair.CloseAndCheckMemory();
    }

    [Test]
    public void PathThatFailsForEver_EndsBothSidesAfterTheIdleTimeout()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var pair = new VirtualPair(seed, Narrow, settings: static settings => settings with { IdleTimeout = 12 * Second });
            var transfer = new VirtualTransfer(pair, 1_000_000);
            transfer.Begin();
            pair.Client.Link.GoDownAt(2 * Second);
            pair.Server.Link.GoDownAt(2 * Second);
            pair.Wait(() => pair is { Dialed.End: not null, Accepted.End: not null }, 60 * Second, "The end of both");
            Assert.That((pair.Dialed.End, pair.Accepted.End), Is.EqualTo((TimedOut, TimedOut)));
            // The timer starts again with the first packet that is sent after the last one that arrived.
            Assert.That(pair.Dialed.EndedAt, Is.InRange(14 * Second, 15 * Second), pair.Description);
            Assert.That(pair.Accepted.EndedAt, Is.InRange(14 * Second, 15 * Second), pair.Description);
            pair.CloseAndCheckMemory();
        }
    }

    [Test]
    public void IdleConnection_IsKeptAlive_AndOnlyOneSideNeedsTo()
    {
        using var pair = new VirtualPair(seed: 1);
        pair.Connect();
        pair.Network.Run(3_600 * Second);
        Assert.That((pair.Dialed.End, pair.Accepted.End), Is.EqualTo(((TransportEnd?)null, (TransportEnd?)null)));
        Assert.That(pair.Client.Link.Sent, Is.InRange(700, 1_600), "one keep-alive each 5 s, and its acknowledgement");
        pair.CloseAndCheckMemory();
    }

    [Test]
    public void ConnectionWithoutKeepAlive_EndsAfterTheIdleTimeout()
    {
        using var pair = new VirtualPair(seed: 1, settings: static settings => settings with { KeepAlive = 3_600 * Second });
        pair.Connect();
        pair.Network.Run(60 * Second);
        Assert.That((pair.Dialed.End, pair.Accepted.End), Is.EqualTo((TimedOut, TimedOut)));
        Assert.That(pair.Dialed.EndedAt, Is.InRange(30 * Second, 31 * Second));
        Assert.That(pair.Accepted.EndedAt, Is.InRange(30 * Second, 31 * Second));
    }

    [Test]
    public void DialOfADeadAddress_EndsAfterTheHandshakeTimeout()
    {
        using var pair = new VirtualPair(seed: 1);
        pair.Client.Link.IsDown = true;
        pair.Network.Run(60 * Second);
        Assert.That((pair.Dialed.End, pair.Server.Connections.Count), Is.EqualTo((HandshakeTimedOut, 0)));
        Assert.That(pair.Dialed.EndedAt, Is.InRange(10 * Second, 10.01 * Second));
        Assert.That((pair.Dialed.ClosePacket, pair.Dialed.Core.AnsweredFrom), Is.EqualTo(((byte[]?)null, (Core.NetworkPath?)null)));
    }

    [Test]
    public void ClientThatVanishesDuringTheHandshake_IsForgottenAfterTheHandshakeTimeout()
    {
        using var pair = new VirtualPair(seed: 1);
        pair.Server.Link.IsDown = true;
        pair.Client.Link.GoDownAt(Second / 2);
        pair.Network.Run(60 * Second);
        Assert.That(pair.Accepted.End, Is.EqualTo(HandshakeTimedOut));
        Assert.That(pair.Accepted.EndedAt, Is.InRange(10 * Second, 10.01 * Second));
        Assert.That(pair.Accepted.CompletedAt, Is.Null);
    }

    [Test]
    public void RestartedServer_ResetsTheConnection_AtTheNextPacketOfTheClient([Values] bool isTransferring)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var pair = new VirtualPair(seed, Narrow);
            pair.Connect();
            var accepted = pair.Accepted;
            if (isTransferring)
                pair.Dialed.Open(isUni: true, stream => stream.Send.WriteAll(VirtualPair.Payload(seed, 1_000_000)));
            pair.Network.Run(2 * Second);
            pair.Server.Restart();
            pair.Wait(() => pair.Dialed.End is not null, (isTransferring ? 1 : 6) * Second, "The reset");
            Assert.That(pair.Dialed.End, Is.EqualTo(new TransportEnd(TransportEndCause.Reset, 0, "", IsRemote: true)), pair.Description);
            Assert.That(pair.Server.Connections, Is.EqualTo(new[] { accepted }), "no connection begins with a packet of a lost one");
        }
    }

    /// <summary>A closed side answers late packets with its close, so that a lost CONNECTION_CLOSE is made up for.</summary>
    [Test]
    public void LostClose_IsSentAgain_WhenThePeerGoesOnSending([Values] bool isClient)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var pair = new VirtualPair(seed, Narrow);
            pair.Connect();
            var (host, closing, other) = isClient
                ? (pair.Client, pair.Dialed, pair.Accepted) : (pair.Server, pair.Accepted, pair.Dialed);
            other.Open(isUni: true, stream => stream.Send.WriteAll(VirtualPair.Payload(seed, 1_000_000)));
            pair.Network.Run(Second);
            host.Link.IsDown = true;
            closing.Close(9, "over");
            host.Link.IsDown = false;
            pair.Wait(() => other.End is not null, Second, "The end of the peer");
            Assert.That(other.End, Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, 9, "over", IsRemote: true)));
            Assert.That(closing.Answers, Is.InRange(1, 8), pair.Description);
            Assert.That(closing.ClosePacket, Has.Length.LessThan(100));
            pair.CloseAndCheckMemory();
        }
    }

    [Test]
    public void ClosingAndDrainingPeriods_AreThreeTimesThePto([Values(1, 50, 200)] int milliseconds)
    {
        using var pair = new VirtualPair(seed: 1, new LinkModel { Delay = TimeSpan.FromMilliseconds(milliseconds) });
        pair.Connect();
        pair.Network.Run(10 * Second);
        pair.Dialed.Close(0, "");
        pair.Wait(() => pair.Accepted.End is not null, Second, "The end of the peer");
        Assert.That((pair.Accepted.End!.IsRemote, pair.Accepted.ClosePacket), Is.EqualTo((true, (byte[]?)null)), "it drains");
        foreach (var connection in new[] { pair.Dialed, pair.Accepted })
        {
            var period = connection.ClosingEnds - VirtualNetwork.TimeOf(connection.EndedAt!.Value);
            // The PTO is the RTT and four times its variation, at least, and the peer may delay acknowledgements by 25 ms.
            var millisecondsOfPeriod = period / 1e6;
            Assert.That(millisecondsOfPeriod, Is.InRange(3 * ((2 * milliseconds) + 25), 3 * ((6 * milliseconds) + 30)));
        }
    }
}
