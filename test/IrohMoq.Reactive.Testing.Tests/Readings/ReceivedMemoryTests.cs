using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>
/// The memory and the work that a publisher costs a subscriber whose readers have stopped, even if the publisher ignores a pause.
/// </summary>
public sealed class ReceivedMemoryTests
{
    [Test]
    public void FrameOfAGroup_CostsTheSame_HoweverManyStreamsArePaused()
    {
        const int Streams = 400;
        var looks = 0;
        HandPublisher.Run(
            static async (scene, remote) =>
            {
                using var reader = remote.Track("t").Open();
                var group = await reader.ReadGroupAsync();
                await foreach (var frame in group!.ReadFramesAsync())
                {
                    // The reader reads all frames of the first group and waits for more.
                }
            },
            async (scene, subscription) =>
            {
                await subscription.AnswerAsync(new DeliveryTerms(0, true, 100_000, StartGroup: 0));
                var first = await subscription.BeginAsync(0);
                await HandSubscription.WriteAsync(first);
                await scene.PauseAsync(0.5);
                var others = new List<ISendStream>();
                for (var i = 1UL; i < Streams; i++)
                {
                    others.Add(await subscription.BeginAsync(i));
                    await HandSubscription.WriteAsync(others[^1], bytes: 30_000);
                }

                await scene.PauseAsync(1);
                looks = 0;
                for (var i = 0; i < 100; i++)
                    await HandSubscription.WriteAsync(others[i]);
                await scene.PauseAsync(1);
                first.Finish();
            },
            new MoqOptions
            {
                Limits = new SessionLimits
                {
                    Flow = (track, arriving, budget, counted) => new CountingFlow(track, arriving, budget, counted, () => looks++),
                },
            });
        Assert.That(looks, Is.LessThan(2 * Streams), "a hundred frames");
    }

    [Test]
    public void LosslessPublisherThatIgnoresAPause_GetsNoMemoryForAFrameThatItOnlyAnnounces()
    {
        var pool = new BlockPool();
        var most = 0L;
        HandPublisher.Run(
            async (scene, remote) =>
            {
                using var reader = remote.Track("t").Open();
                await reader.ReadGroupAsync();
                for (var i = 0; i < 50; i++)
                {
                    await scene.PauseAsync(0.1);
                    most = Math.Max(most, pool.BytesOut);
                }
            },
            static async (scene, subscription) =>
            {
                await subscription.AnswerAsync(new DeliveryTerms(0, true, SubscriptionTerms.Everything, StartGroup: 0));
                var first = await subscription.BeginAsync(0);
                var header = new byte[FrameHeader.MaxSize];
                await first.WriteAsync(header.AsMemory(0, FrameHeader.Write(header, GroupProducer.MaxFrameSize, MoqVersion.Lite03)));
                await scene.PauseAsync(0.2);
                for (var i = 1UL; i < 1200; i++)
                    await subscription.SendAsync(i, bytes: 128 << 10);
                await scene.PauseAsync(20);
            },
            new MoqOptions { Limits = new SessionLimits { Pool = pool } });
        Assert.That(most, Is.InRange(16 << 20, 40 << 20), "the share of the subscription, and the bytes that may arrive after a pause");
    }

    [Test]
    public void LosslessPublisherThatIgnoresAPause_IsBoundedForAllItsTracksTogether([Values(1 << 10, 100 << 10)] int bytes)
    {
        const int Tracks = 40;
        var pool = new BlockPool();
        var most = 0L;
        var limits = new SessionLimits
        {
            Pool = pool,
            ReceivedShare = 1 << 20,
            ReceivedBudget = 4 << 20,
            StreamWindow = 256 << 10,
            BytesInFlight = 1 << 20,
            ReceivedBeyondShares = 16 << 20,
        };
        HandPublisher.Run(
            async (scene, remote) =>
            {
                var readers = Enumerable.Range(0, Tracks).Select(i => remote.Track($"{i}").Open()).ToArray();
                foreach (var reader in readers)
                    await reader.ReadGroupAsync();
                for (var i = 0; i < 100; i++)
                {
                    await scene.PauseAsync(0.1);
                    most = Math.Max(most, pool.BytesOut);
                }

                var ends = new List<MoqErrorCode?>();
                foreach (var reader in readers)
                {
                    ends.Add(await EndAsync(reader));
                    reader.Dispose();
                }

                Assert.That(ends, Does.Contain(MoqErrorCode.SlowReader).And.All.AnyOf(MoqErrorCode.SlowReader, null));
            },
            async (scene, subscription) =>
            {
                await subscription.AnswerAsync(new DeliveryTerms(0, true, SubscriptionTerms.Everything, StartGroup: 0));
                var groups = (3 << 20) / bytes;
                for (var i = 0; i < groups; i++)
                {
                    await subscription.SendAsync((ulong)i, bytes: bytes);
                    await scene.PauseAsync(1.0 / groups);
                }

                await scene.PauseAsync(1);
                subscription.Finish();
            },
            new MoqOptions { Limits = limits });
        // A block is larger than its content, and each small group has a block of its own.
        Assert.That(most, Is.InRange(12 << 20, 24 << 20), "the bound of all subscriptions together, and their shares");

        static async Task<MoqErrorCode?> EndAsync(TrackReader reader)
        {
            try
            {
                while (await reader.ReadGroupAsync() is not null)
                {
                    // The groups that have arrived are still read.
                }

                return null;
            }
            catch (MoqStreamException failure)
            {
                return failure.Code;
            }
        }
    }
}
