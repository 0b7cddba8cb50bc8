using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing.Tests.Faults;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>Readings of publishers that are not ours: what they are asked for, and that everything they have arrives.</summary>
public sealed class ForeignPublisherTests
{
    public enum Answer
    {
        /// <summary>The terms of the answer are zeros, as of old Rust publishers.</summary>
        Zeros,

        /// <summary>The terms of the answer are those of the subscription, as of JavaScript publishers.</summary>
        Echo,

        /// <summary>The terms of the answer are those that the publisher applies.</summary>
        Own,
    }

    public enum Load
    {
        /// <summary>20 MB in groups of 64 frames, written at once.</summary>
        File,

        /// <summary>5,000 groups of one frame, written at once.</summary>
        Burst,

        /// <summary>One group every millisecond.</summary>
        Stream,
    }

    [Test]
    public void RustReference_SendsEverything_AndItArrivesWhole(
        [Values] Load load, [Values] Answer answer, [Values(GroupOrder.Arrival, GroupOrder.Sequence)] GroupOrder order)
    {
        var (groups, apart, frames, bytes) = load switch
        {
            Load.File => (5, 0.0, 64, 64 << 10),
            Load.Burst => (5_000, 0.0, 1, 100),
            _ => (1_000, 0.001, 1, 100),
        };
        var dropped = -1;
        DeliveryTerms? asked = null;
        var updates = 0;
        HandPublisher.Run(
            async (scene, remote) =>
            {
                var began = scene.Seconds;
                var seen = new List<ulong>();
                await foreach (var group in remote.Track("t").ReadGroupsAsync(new SubscribeOptions { Order = order }))
                {
                    var count = 0;
                    await foreach (var frame in group.ReadFramesAsync())
                        count += frame.Length == bytes ? 1 : 0;
                    Assert.That(count, Is.EqualTo(frames));
                    seen.Add(group.Sequence);
                }

                var whole = Enumerable.Range(0, groups).Select(static number => (ulong)number);
                Assert.That(seen, order == GroupOrder.Sequence ? Is.EqualTo(whole) : Is.EquivalentTo(whole));
                Assert.That(scene.Seconds - began, Is.LessThan(5), "no standstill");
            },
            async (scene, subscription) =>
            {
                asked = subscription.Asked;
                await subscription.AnswerAsync(Terms(answer, subscription.Asked));
                var rust = new RustPublisher(scene, subscription);
                await rust.SendAsync(groups, apart, frames, bytes);
                (dropped, updates) = (rust.Dropped, subscription.Updates.Count);
            });
        Assert.That((dropped, asked?.MaxLatency, asked?.Ordered), Is.EqualTo((0, (ulong?)SubscriptionTerms.NoLimit, (bool?)true)));
        if (answer != Answer.Own)
            Assert.That(updates, Is.Zero);
    }

    [Test]
    public void NewestOnly_AsksForNothingElse_AndGetsTheNewest() => HandPublisher.Run(
        static async (scene, remote) =>
        {
            var seen = new List<ulong>();
            await foreach (var group in remote.Track("t").ReadGroupsAsync(new SubscribeOptions { Order = GroupOrder.Newest }))
                seen.Add(group.Sequence);
            Assert.That((seen[^1], seen.Count), Is.EqualTo((99UL, 2)).Or.EqualTo((99UL, 1)));
        },
        static async (scene, subscription) =>
        {
            Assert.That((subscription.Asked.MaxLatency, subscription.Asked.Ordered), Is.EqualTo((0UL, false)));
            await subscription.AnswerAsync(default);
            await new RustPublisher(scene, subscription).SendAsync(100, apart: 0, frames: 1, bytes: 10);
        });

    [Test]
    public void PublisherThatDoesNotSayWhatItDoes_IsNeverSentAnUpdate(
        [Values(Answer.Zeros, Answer.Echo)] Answer answer) => HandPublisher.Run(
        static async (scene, remote) =>
        {
            using var reader = remote.Track("t").Open();
            var first = reader.ReadGroupAsync();
            await scene.PauseAsync(1);
            // The options of the reader change, another reader comes, and both fall far behind.
            reader.Options = new SubscribeOptions { Priority = 9, MaxLatency = TimeSpan.FromSeconds(2) };
            using var other = remote.Track("t").Open(new SubscribeOptions { Priority = 200 });
            Assert.That(await first, Is.Not.Null);
            await scene.PauseAsync(30);
        },
        async (scene, subscription) =>
        {
            await subscription.AnswerAsync(Terms(answer, subscription.Asked));
            for (var i = 0UL; i < 40; i++)
                _ = subscription.SendAsync(i, frames: 16, bytes: 64 << 10);
            await scene.PauseAsync(20);
            Assert.That(subscription.Updates, Is.Empty);
        });

    [Test]
    public void ChangeOfOptions_TravelsAsAnUpdate() => HandPublisher.Run(
        static async (scene, remote) =>
        {
            using var reader = remote.Track("t").Open(new SubscribeOptions { Priority = 1 });
            var first = reader.ReadGroupAsync();
            await scene.PauseAsync(1);
            reader.Options = new SubscribeOptions { Priority = 7, MaxLatency = TimeSpan.FromMilliseconds(1500) };
            await scene.PauseAsync(1);
            reader.Options = reader.Options with { Order = GroupOrder.Newest };
            await scene.PauseAsync(1);
            reader.Options = reader.Options with { Order = GroupOrder.Sequence, MaxLatency = null };
            Assert.That((await first)?.Sequence, Is.EqualTo(5));
        },
        static async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(1, true, 5000, StartGroup: 5));
            await scene.PauseAsync(5);
            Assert.That(
                subscription.Updates.Select(static terms => (terms.Priority, terms.Ordered, terms.MaxLatency)),
                Is.EqualTo(new (byte, bool, ulong)[] { (7, true, 1500), (7, false, 0), (7, true, SubscriptionTerms.NoLimit) }));
            Assert.That(
                (subscription.Asked.Priority, subscription.Asked.Ordered, subscription.Asked.MaxLatency),
                Is.EqualTo(((byte)1, true, SubscriptionTerms.NoLimit)));
            await subscription.SendAsync(5);
        });

    [Test, Fault(49)]
    public void TwoReaders_AskForWhatSuitsBoth() => HandPublisher.Run(
        static async (scene, remote) =>
        {
            using var quick = remote.Track("t").Open(new SubscribeOptions { Order = GroupOrder.Newest, Priority = 3 });
            var first = quick.ReadGroupAsync();
            await scene.PauseAsync(1);
            var patient = remote.Track("t").Open(new SubscribeOptions { MaxLatency = TimeSpan.FromSeconds(4), Priority = 7 });
            await scene.PauseAsync(1);
            using (var endless = remote.Track("t").Open())
                await scene.PauseAsync(1);
            await scene.PauseAsync(1);
            patient.Dispose();
            Assert.That((await first)?.Sequence, Is.Zero);
        },
        static async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(1, true, 5000, StartGroup: 0));
            await scene.PauseAsync(6);
            Assert.That(
                subscription.Updates.Select(static terms => (terms.Priority, terms.Ordered, terms.MaxLatency)),
                Is.EqualTo(
                    new (byte, bool, ulong)[] { (7, true, 4000), (7, true, SubscriptionTerms.NoLimit), (7, true, 4000), (3, false, 0) }));
            await subscription.SendAsync(0);
        });

    /// <summary>Nothing of what a reader has asked for stays when it has left.</summary>
    [Test]
    public void ReaderThatLeaves_LeavesNothingInTheSubscription() => HandPublisher.Run(
        static async (scene, remote) =>
        {
            var urgent = remote.Track("t").Open(new SubscribeOptions { Priority = 9, MaxLatency = TimeSpan.FromSeconds(2) });
            await scene.PauseAsync(1);
            using var other = remote.Track("t").Open(new SubscribeOptions { Priority = 2, MaxLatency = TimeSpan.FromSeconds(1) });
            await scene.PauseAsync(1);
            urgent.Dispose();
            await scene.PauseAsync(3);
        },
        static async (scene, subscription) =>
        {
            await subscription.AnswerAsync(new DeliveryTerms(1, true, 5000, StartGroup: 0));
            await scene.PauseAsync(1.5);
            Assert.That(subscription.Updates, Is.Empty, "the first reader has asked for more");
            // One way after the reader has left.
            await scene.PauseAsync(0.6);
            Assert.That(
                subscription.Updates.Select(static terms => (terms.Priority, terms.MaxLatency)),
                Is.EqualTo(new (byte, ulong)[] { (2, 1000) }));
        });

    private static DeliveryTerms Terms(Answer answer, DeliveryTerms asked) => answer switch
    {
        Answer.Zeros => default,
        Answer.Echo => asked,
        _ => new DeliveryTerms(asked.Priority, true, 30_000),
    };
}
