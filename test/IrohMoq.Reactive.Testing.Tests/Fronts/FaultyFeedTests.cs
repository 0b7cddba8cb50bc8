using IrohMoq.Reactive.Testing.Tests.Faults;
using Microsoft.Reactive.Testing;

namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>What follows a name over all sessions fails, because the scheduler refuses a timer.</summary>
public sealed class FaultyFeedTests
{
    private const string Name = "studio";

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(77);

    private static readonly MoqOptions Options = new() { Protocols = ["moq-lite-05"] };

    [Test]
    public void WaitForANameBelowIt_Fails_AndTheNextOneWaits()
    {
        var log = new LogRecorder();
        Run(async scene =>
        {
            var reader = scene.Add("reader", Options with { BroadcastLinger = Linger, LoggerFactory = log });
            var publisher = scene.Add("publisher", Options);
            using var live = publisher.Moq.Publish(Name, scene.Saying("hello"));
            using var stop = new CancellationTokenSource();
            var waiting = reader.Moq.RequestBroadcastAsync($"{Name}/below", stop.Token);
            var beside = reader.Moq.SubscribeAsync("beside", stop.Token);
            var session = await publisher.ConnectAsync(reader);
            await scene.PauseAsync(1);
            Assert.That((waiting.IsCompleted, reader.Moq.Fronts.Count), Is.EqualTo((false, 4)), "there are no names below it");

            // The broadcast would stay now for the time of which there is no timer.
            session.Close();
            await scene.PauseAsync(1);
            Assert.That(log.Of("EffectFailed"), Has.Count.EqualTo(1));
            Assert.That(waiting.IsCompleted, Is.True);
            var failure = await Failure.OfAsync<MoqException>(async () => await waiting);
            Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.Closed), "as a wait for an announcement");
            Assert.That((beside.IsCompleted, reader.Moq.Fronts.Count), Is.EqualTo((false, 1)), "other names are still followed");

            await publisher.ConnectAsync(reader);
            Assert.That(await Scene.HearAsync(await reader.Moq.SubscribeAsync(Name)), Is.EqualTo("hello"), "the name is followed anew");
            waiting = reader.Moq.RequestBroadcastAsync($"{Name}/below", stop.Token);
            await scene.PauseAsync(1);
            Assert.That(waiting.IsCompleted, Is.False);
            stop.Cancel();
            await Failure.OfAsync<OperationCanceledException>(async () => await waiting);
            await Failure.OfAsync<OperationCanceledException>(async () => await beside);
        });
    }

    private static void Run(Func<Scene, Task> body) => Scene.Run(
        static _ => new InMemoryNetwork(new FaultyScheduler(), seed: 7) { Latency = TimeSpan.FromSeconds(Scene.Latency) }, body);

    private sealed class FaultyScheduler : TestScheduler
    {
        protected override long ToRelative(TimeSpan timeSpan) =>
            timeSpan == Linger ? throw new InvalidOperationException("a fault") : base.ToRelative(timeSpan);
    }
}
