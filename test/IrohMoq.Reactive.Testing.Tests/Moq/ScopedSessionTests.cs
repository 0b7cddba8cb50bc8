namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>Code that has only a part of the broadcasts of a session, on both sides of the session.</summary>
public sealed class ScopedSessionTests
{
    private static readonly string[] Versions = ["moq-lite-03", "moq-lite-04", "moq-lite-05", "moq-lite-06"];

    [Test]
    public void PublisherAndReaderOfARoom_UseNamesWithoutIt_AndSeeNothingElse([ValueSource(nameof(Versions))] string version) =>
        Run(version, static async (scene, served, session) =>
        {
            var (room, reader) = (served.OriginProducer.WithRoot("room").Narrow("a"), session.OriginConsumer.WithRoot("room"));
            using var broadcast = scene.Saying("hello");
            var live = room.Publish("a/x", broadcast.Consume());
            using var other = served.Publish("hall", broadcast);
            Assert.That(() => room.Publish("b", broadcast.Consume()), Throws.TypeOf<MoqException>());
            var seen = new List<string>();
            var listening = ListenAsync();
            await scene.PauseAsync(1);
            Assert.That(await Scene.HearAsync(await reader.WaitAsync("a/x")), Is.EqualTo("hello"));
            Assert.That(session.OriginConsumer.Names, Is.EqualTo(new BroadcastPath[] { "hall", "room/a/x" }));
            Assert.That(reader.Find("hall"), Is.Null);
            live.Dispose();
            await scene.PauseAsync(1);
            session.Close();
            await listening;
            Assert.That(seen, Is.EqualTo(new[] { "+a/x", "-a/x" }));

            async Task ListenAsync()
            {
                await foreach (var change in reader.ReadAnnouncementsAsync())
                    seen.Add($"{(change.IsActive ? '+' : '-')}{change.Path}");
            }
        });

    [Test]
    public void RequestsOfARoom_ReachItsPublisher([ValueSource(nameof(Versions))] string version) =>
        Run(version, static async (scene, served, session) =>
        {
            var room = served.OriginProducer.WithRoot("room").Narrow("a", "b");
            using var broadcast = scene.Saying("on demand");
            var asked = new List<string>();
            var requests = room.OpenBroadcastRequests();
            var serving = ServeAsync();
            var reader = session.OriginConsumer.WithRoot("room");
            Assert.That(await Scene.HearAsync(await reader.RequestAsync("b/x")), Is.EqualTo("on demand"));
            Assert.That(await Scene.HearAsync(await reader.Narrow("a").RequestAsync("a/y")), Is.EqualTo("on demand"));
            if (session.Protocol != "moq-lite-06")
            {
                // Without a route, the publisher is asked for any name.
                var failure = await Failure.OfAsync<MoqStreamException>(async () =>
                    await Scene.HearAsync(await session.RequestBroadcastAsync("room/c")));
                Assert.That(failure.Code, Is.EqualTo(MoqErrorCode.NotFound));
            }

            requests.Dispose();
            await serving;
            Assert.That(asked, Is.EqualTo(new[] { "b/x", "a/y" }));

            async Task ServeAsync()
            {
                await foreach (var request in requests.ReadAllAsync())
                {
                    asked.Add(request.Path.ToString());
                    request.Accept(broadcast);
                }
            }
        });

    private static void Run(string version, Func<Scene, MoqSession, MoqSession, Task> body) => Scene.Run(async scene =>
    {
        var options = new MoqOptions { Protocols = [version] };
        var (publisher, reader) = (scene.Add("publisher", options), scene.Add("reader", options));
        var session = await reader.ConnectAsync(publisher);
        await scene.PauseAsync(0.1);
        await body(scene, await publisher.OpenSessionAsync(), session);
    });
}
