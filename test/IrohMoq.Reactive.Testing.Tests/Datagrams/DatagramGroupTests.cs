using System.Diagnostics.Metrics;
using System.Text;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Datagrams;

/// <summary>Groups of one frame that are sent as datagrams, and datagrams that a peer writes by hand.</summary>
public sealed class DatagramGroupTests
{
    [Test]
    public void Datagrams_AreGroups_AndAreSentAsSuchFromLite05On(
        [Values("moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06")] string protocol, [Values] bool isRelayed) =>
        Run(protocol, isRelayed, async (scene, track, remote) =>
        {
            var reader = remote.Open();
            await track.WaitForSubscriberAsync();
            await scene.PauseAsync(0.1);
            for (var i = 0; i < 5; i++)
            {
                var number = track.WriteDatagram(Encoding.UTF8.GetBytes($"{i}"), TimeSpan.FromMilliseconds(1000 + i));
                Assert.That(number, Is.EqualTo((ulong)(2 * i)));
                Scene.Say(track, $"group {i}");
            }

            track.Finish();
            var seen = new SortedDictionary<ulong, string>();
            while (await reader.ReadGroupAsync() is { } group)
            {
                await foreach (var frame in group.ReadFramesAsync())
                    seen.Add(group.Sequence, Encoding.UTF8.GetString(frame.Payload));
            }

            Assert.That(seen.Values, Is.EqualTo(Enumerable.Range(0, 5).SelectMany(static i => new[] { $"{i}", $"group {i}" })));
            Assert.That(reader.Skipped, Is.Zero);
            var isSentAsSuch = protocol is "moq-lite-05" or "moq-lite-06";
            Assert.That(scene.Told("datagram of"), Is.EqualTo(isSentAsSuch ? isRelayed ? 10 : 5 : 0));
        });

    [Test]
    public void Timestamp_ArrivesInTheUnitsOfTheTrack([Values("moq-lite-05", "moq-lite-06")] string protocol) => Run(
        protocol,
        isRelayed: false,
        static async (scene, track, remote) =>
        {
            var reading = remote.FetchLatestAsync().AsTask();
            await track.WaitForSubscriberAsync();
            await scene.PauseAsync(0.1);
            track.WriteDatagram(new byte[TrackProducer.MaxDatagramSize], TimeSpan.FromTicks(12_345_678));
            using var group = await reading;
            await foreach (var frame in group.ReadFramesAsync())
                Assert.That((frame.Length, frame.Timestamp), Is.EqualTo((1_176, TimeSpan.FromTicks(12_345_680))));
            Assert.That(scene.Told("datagram of"), Is.EqualTo(1));
        },
        new TrackOptions { Timescale = 1_000_000 });

    [Test]
    public void LosslessTrack_TooLargePayload_AndEndedTrack_AreRefused() => Run("moq-lite-06", false, static (_, track, _) =>
    {
        using var broadcast = new BroadcastProducer();
        var lossless = broadcast.CreateTrack("lossless", new TrackOptions { Lossless = true });
        Assert.That(() => lossless.WriteDatagram([1]), Throws.InvalidOperationException);
        Assert.That(() => track.WriteDatagram(new byte[1_177]), Throws.ArgumentException);
        Assert.That(() => track.WriteDatagram([1], TimeSpan.FromTicks(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
        track.Finish();
        Assert.That(() => track.WriteDatagram([1]), Throws.TypeOf<MoqStreamException>());
        return Task.CompletedTask;
    });

    [Test]
    public void Datagram_IsKeptLikeAnotherGroup([Values("moq-lite-05", "moq-lite-06")] string protocol) =>
        Run(protocol, false, static async (_, track, remote) =>
        {
            track.WriteDatagram([7]);
            Scene.Say(track, "next");
            using var group = await remote.FetchAsync(0);
            await foreach (var frame in group.ReadFramesAsync())
                Assert.That(frame.Payload[0], Is.EqualTo(7));
        });

    /// <summary>Datagrams of a peer: the first is read; the others are dropped, and end neither the track nor the session.</summary>
    [Test]
    [NonParallelizable]
    public void DatagramsOfAPeer_AreReadOnce_AndWhatCannotBeReadIsDroppedAndCounted([Values("moq-lite-05", "moq-lite-06")] string protocol)
    {
        var dropped = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == MoqTelemetry.SourceName && instrument.Name == "moq.datagram.dropped")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => dropped += value);
        listener.Start();
        Scene.Run(async scene =>
        {
            _ = MoqVersions.TryFromAlpn(protocol, out var version);
            var raw = scene.AddRaw("hand", protocol);
            var bob = scene.Add("bob");
            var connecting = bob.Moq.ConnectAsync(raw.Address);
            var peer = await raw.AcceptAsync();
            var serving = ServeAsync(peer, version);
            var session = await connecting;
            var reader = (await session.SubscribeAsync("x")).Track("t").Open();
            await scene.PauseAsync(0.1);
            Send(peer, 0, 5, "first");
            Send(peer, 0, 5, "twice");
            Send(peer, 99, 6, "unknown subscription");
            Send(peer, 0, (1UL << 53) - 1, "a number that is too high");
            ((IDatagramConnection)peer).TrySendDatagram([0x40]);
            ((IDatagramConnection)peer).TrySendDatagram([]);
            Send(peer, 0, 7, "");
            await scene.PauseAsync(0.1);
            Assert.That(await HearAsync(reader), Is.EqualTo("5: first"));
            Assert.That(await HearAsync(reader), Is.EqualTo("7: "));
            Assert.That(dropped, Is.EqualTo(5));
            reader.Dispose();
            await scene.PauseAsync(1);
            Send(peer, 0, 8, "late");
            await scene.PauseAsync(0.1);
            Assert.That((dropped, session.Closed.IsCompleted), Is.EqualTo((6, false)));
            session.Close();
            await serving;
        });
    }

    /// <summary>What the connection cannot queue is lost, counted and reported; the next group arrives.</summary>
    [Test]
    public void DatagramsThatAreLost_AreMissedGroups([Values("moq-lite-05", "moq-lite-06")] string protocol) =>
        Run(protocol, false, static async (scene, track, remote) =>
        {
            using var reader = remote.Open();
            await track.WaitForSubscriberAsync();
            await scene.PauseAsync(0.1);
            Scene.Say(track, "before");
            Assert.That(await HearAsync(reader), Is.EqualTo("0: before"));
            // The peer reads its datagrams one after another, and keeps few of them.
            for (var i = 0; i < 1_000; i++)
                track.WriteDatagram(new byte[1_000]);
            await scene.PauseAsync(1);
            Scene.Say(track, "after");
            track.Finish();
            var read = 0;
            while (await reader.ReadGroupAsync() is { } group)
            {
                await foreach (var _ in group.ReadFramesAsync())
                    read++;
            }

            Assert.That(reader.Skipped, Is.Positive);
            Assert.That(read + reader.Skipped, Is.EqualTo(1_001));
        });

    private static void Send(ITransportConnection peer, ulong id, ulong sequence, string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        var datagram = new byte[DatagramHeader.MaxSize + payload.Length];
        var at = Varint.Write(datagram, id);
        at += Varint.Write(datagram.AsSpan(at), sequence);
        at += Varint.Write(datagram.AsSpan(at), 20);
        payload.CopyTo(datagram, at);
        ((IDatagramConnection)peer).TrySendDatagram(datagram.AsSpan(0, at + payload.Length));
    }

    private static async Task<string> HearAsync(TrackReader reader)
    {
        var group = (await reader.ReadGroupAsync())!;
        var text = new StringBuilder($"{group.Sequence}: ");
        await foreach (var frame in group.ReadFramesAsync())
            text.Append(Encoding.UTF8.GetString(frame.Payload));
        return text.ToString();
    }

    private static async Task ServeAsync(ITransportConnection peer, MoqVersion version)
    {
        var setup = await peer.OpenUniAsync();
        await setup.WriteOpeningAsync(default(Setup), version);
        setup.Finish();
        try
        {
            while (true)
            {
                var stream = await peer.AcceptBidiAsync();
                using var reader = new MessageReader(stream.Receive, version);
                switch (await reader.ReadTypeAsync())
                {
                    case (ulong)BidiStreamType.Announce:
                        await stream.Send.WriteAsync(new AnnounceOk(9, 1), version);
                        if (version == MoqVersion.Lite05)
                            await stream.Send.WriteAsync(new Announce(true, "x"), version);
                        else
                            await stream.Send.WriteAsync(new AnnounceStart("x"), version);
                        break;
                    case (ulong)BidiStreamType.Track:
                        await stream.Send.WriteAsync(new TrackInfo(0, false, 5_000, 1_000), version);
                        stream.Send.Finish();
                        break;
                }
            }
        }
        catch (TransportClosedException)
        {
            // The test is over.
        }
    }

    private static void Run(
        string protocol, bool isRelayed, Func<Scene, TrackProducer, TrackConsumer, Task> body, TrackOptions? options = null) =>
        Scene.Run(async scene =>
        {
            var offered = new MoqOptions { Protocols = [protocol] };
            var (alice, bob) = (scene.Add("alice", offered), scene.Add("bob", offered));
            using var broadcast = scene.Broadcast();
            using var track = broadcast.CreateTrack("t", options);
            using var live = alice.Moq.Publish("x", broadcast);
            var remote = await (await bob.ConnectAsync(alice)).SubscribeAsync("x");
            if (!isRelayed)
            {
                await body(scene, track, remote.Track("t"));
                return;
            }

            var carol = scene.Add("carol", offered);
            using var relayed = bob.Moq.Publish("y", remote);
            await body(scene, track, (await (await carol.ConnectAsync(bob)).SubscribeAsync("y")).Track("t"));
        });
}
