namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>The moment at which the announcements that a peer had when the session began have arrived.</summary>
public sealed class CaughtUpTests
{
    [Test]
    public void FirstAnnouncements_AreComplete([Values("moq-lite-05", "moq-lite-06")] string protocol, [Values(0, 1, 300)] int count) =>
        Scene.Run(async scene =>
        {
            var (publisher, reader) = Add(scene, protocol);
            for (var i = 0; i < count; i++)
                publisher.Moq.Publish($"room/{i}", scene.Saying("hello"));
            var session = await reader.ConnectAsync(publisher);
            Assert.That(await session.WaitUntilCaughtUpAsync(), Is.True);
            Assert.That(session.OriginConsumer.Names, Has.Count.EqualTo(count));

            // It stays so, whatever follows.
            publisher.Moq.Publish("late", scene.Saying("hello"));
            await session.SubscribeAsync("late");
            Assert.That(await session.WaitUntilCaughtUpAsync(), Is.True);
        });

    [Test]
    public void VersionThatDoesNotMarkTheMoment_SaysSo([Values("moq-lite-03", "moq-lite-04")] string protocol) => Scene.Run(async scene =>
    {
        var (publisher, reader) = Add(scene, protocol);
        var session = await reader.ConnectAsync(publisher);
        Assert.That(await session.WaitUntilCaughtUpAsync(), Is.False);
    });

    [Test]
    public void SessionThatEndsBefore_EndsTheWait() => Scene.Run(async scene =>
    {
        var (publisher, reader) = Add(scene, "moq-lite-06");
        var session = await reader.ConnectAsync(publisher);
        var waiting = session.WaitUntilCaughtUpAsync();
        session.Close();
        Assert.That(await waiting, Is.False);
    });

    [Test]
    public void Wait_CanBeCanceled() => Scene.Run(async scene =>
    {
        var (publisher, reader) = Add(scene, "moq-lite-06");
        var session = await reader.ConnectAsync(publisher);
        using var stop = new CancellationTokenSource();
        var waiting = session.WaitUntilCaughtUpAsync(stop.Token);
        stop.Cancel();
        await Failure.OfAsync<OperationCanceledException>(async () => await waiting);
        Assert.That(await session.WaitUntilCaughtUpAsync(), Is.True);
    });

    private static (Player Publisher, Player Reader) Add(Scene scene, string protocol)
    {
        var options = new MoqOptions { Protocols = [protocol] };
        return (scene.Add("publisher", options), scene.Add("reader", options));
    }
}
