using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Readers that stop, pause or withhold credit.</summary>
[Parallelizable(ParallelScope.All)]
public class StreamCreditTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A stream is stopped while a piece in its middle is missing. The piece arrives, and its acknowledgement reaches the peer before the
    /// stop does: the peer has nothing left to send or to reset. ngtcp2 (1.11 at least) has thrown away what it had acknowledged behind the
    /// gap, and never closes the stream. It must not count against the peer's limit for ever.
    /// </summary>
    [TestCase(true)]
    [TestCase(false)]
    public void StreamThatIsStoppedWithAGap_MakesRoomForAnother(bool isUni)
    {
        using var pair = new VirtualPair(
            seed: 1, new LinkModel { Delay = TimeSpan.FromMilliseconds(10) },
            settings: static settings => settings with { MaxIncomingUniStreams = 1, MaxIncomingBidiStreams = 1 });
        pair.Connect();
        pair.Network.Run(Second);
        var packets = 0;
        VirtualStream? opened = null, stopped = null, next = null;
        pair.Network.Filter = datagram =>
        {
            if (datagram.From == pair.Client && datagram.Bytes.Length > 1_000)
                return ++packets != 2;
            return true;
        };
        pair.Accepted.Accepted = stream =>
        {
            stopped = stream;
            if (!isUni)
                stream.Send.Finish();
        };
        pair.Dialed.Open(isUni, stream => (opened = stream).Send.WriteAll(new byte[4_000]));
        pair.Wait(() => stopped?.Receive.Count > 0 && packets >= 3, Second, "The beginning of the stream");
        var isStopLost = false;
        pair.Network.Filter = datagram => datagram.From != pair.Server || isStopLost || !(isStopLost = true);
        stopped!.Receive.Stop(5);
        pair.Wait(() => opened!.Send.End is not null, Second, "The end of the stream at its writer");
        Assert.That(opened!.Send.End, Is.EqualTo(new StreamEnd(StreamEndCause.Acknowledged, 0)), pair.Description);

        pair.Dialed.Open(isUni, stream => next = stream);
        pair.Wait(() => next is not null, 60 * Second, "The opening of another stream");
        pair.CloseAndCheckMemory();
    }

    [Test]
    public void StreamThatIsStoppedAndStillWritten_CountsAgainstTheLimit()
    {
        using var pair = new VirtualPair(seed: 1, settings: static settings => settings with { MaxIncomingBidiStreams = 1 });
        pair.Connect();
        VirtualStream? accepted = null, next = null;
        pair.Accepted.Accepted = stream =>
        {
            accepted ??= stream;
            stream.Receive.Stop(5);
        };
        pair.Dialed.Open(isUni: false, stream => stream.Send.Write(new byte[100]));
        pair.Dialed.Open(isUni: false, stream => next = stream);
        pair.Network.Run(60 * Second);
        Assert.That(next, Is.Null);
        accepted!.Send.WriteAll(new byte[100]);
        pair.Wait(() => next is not null, Second, "The opening of another stream");
        pair.CloseAndCheckMemory();
    }

    /// <summary>A paused reader holds back its own stream after a window, and no other one.</summary>
    [Test]
    public void PausedStream_HoldsBackOnlyItself()
    {
        using var pair = new VirtualPair(seed: 1, settings: static settings => settings with { StreamWindow = 50_000 });
        pair.Connect();
        var sent = VirtualPair.Payload(1, 1_000_000);
        List<VirtualStream> received = [];
        pair.Accepted.Accepted = stream =>
        {
            stream.Receive.IsPaused = received.Count == 0;
            received.Add(stream);
        };
        for (var i = 0; i < 3; i++)
            pair.Dialed.Open(isUni: true, stream => stream.Send.WriteAll(sent));
        pair.Wait(() => received.Count == 3 && received.Skip(1).All(static stream => stream.Receive.IsFinished), 5 * Second, "The others");
        Assert.That(pair.Server.Settings.Budget.Used, Is.InRange(50_000, 70_000), "a window is kept for the paused reader");
        received[0].Receive.IsPaused = false;
        pair.Wait(() => received[0].Receive.IsFinished, 5 * Second, "The paused one");
        Assert.That(received.Select(static stream => stream.Receive.Hash), Is.All.EqualTo(VirtualPair.HashOf(sent)));
        pair.CloseAndCheckMemory();
    }

    /// <summary>A reader that withholds the credit of its stream gets one window at most, although it reads.</summary>
    [Test]
    public void WithheldCredit_StopsTheStreamAfterAWindow_UntilItIsGranted()
    {
        using var pair = new VirtualPair(seed: 1, settings: static settings => settings with { StreamWindow = 50_000 });
        pair.Connect();
        var sent = VirtualPair.Payload(1, 1_000_000);
        List<VirtualStream> received = [];
        pair.Accepted.Accepted = stream =>
        {
            received.Add(stream);
            stream.Receive.Withhold(true);
        };
        for (var i = 0; i < 2; i++)
            pair.Dialed.Open(isUni: true, stream => stream.Send.WriteAll(sent));
        pair.Network.Run(20 * Second);
        Assert.That(received.Select(static stream => stream.Receive.Count), Is.EqualTo(new[] { 50_000, 50_000 }));
        foreach (var stream in received)
            stream.Receive.Withhold(false);
        pair.Wait(() => received.TrueForAll(static stream => stream.Receive.IsFinished), 5 * Second, "The rest");
        Assert.That(received.Select(static stream => stream.Receive.Hash), Is.All.EqualTo(VirtualPair.HashOf(sent)));
        pair.CloseAndCheckMemory();
    }
}
