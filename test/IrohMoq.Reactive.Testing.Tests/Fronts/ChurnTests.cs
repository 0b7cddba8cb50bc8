namespace IrohMoq.Reactive.Testing.Tests.Fronts;

/// <summary>
/// Sources of one broadcast come and go at random, in every way there is: as long as one of them stays, a reading receives every group,
/// once, and does not get stuck.
/// </summary>
public sealed class ChurnTests
{
    private const int Steps = 60;

    [Test]
    public void ReadingReceivesEveryGroup_WhateverHappensToTheOtherSources(
        [ValueSource(typeof(TwoRelays), nameof(TwoRelays.Versions))] string version, [Range(1, 12)] int seed) => Scene.Run(async scene =>
    {
        var chance = new Random(seed);
        var reader = scene.Add("reader");
        var broadcast = scene.Broadcast();
        var track = broadcast.CreateTrack("t", new TrackOptions { MaxAge = TimeSpan.FromHours(1) });
        var stays = await Route.OpenAsync(scene, reader, broadcast, version: version);
        var heard = ContentTests.HearAllAsync(await reader.Moq.SubscribeAsync(TwoRelays.Name));
        await track.WaitForSubscriberAsync();
        var isOver = false;
        var writing = WriteAsync();
        var (others, opened) = (new List<Route>(), new List<Route>());
        for (var step = 0; step < Steps; step++)
        {
            if (others.Count < 4 || chance.Next(3) == 0)
            {
                opened.Add(await Route.OpenAsync(scene, reader, IsRefusing() ? scene.Broadcast() : broadcast, version: version));
                others.Add(opened[^1]);
            }

            var leaving = others[chance.Next(others.Count)];
            others.Remove(leaving);
            Leave(leaving);
            await scene.PauseAsync(chance.NextDouble());
        }

        isOver = true;
        var written = await writing;
        track.Finish();
        Assert.That((await heard).Select(int.Parse).Order(), Is.EqualTo(Enumerable.Range(0, written)));
        await scene.PauseAsync(1);
        Assert.That((broadcast.ReaderCount.IsAny, reader.Moq.Fronts.Count), Is.EqualTo((false, 1)));
        stays.Dispose();
        foreach (var other in opened)
            other.Session.Close();
        await scene.PauseAsync(60);
        Assert.That(reader.Moq.Fronts.Count, Is.Zero);

        bool IsRefusing() => chance.Next(4) == 0;

        void Leave(Route route)
        {
            switch (chance.Next(5))
            {
                case 0:
                    route.Session.Close();
                    break;
                case 1:
                    route.Dispose();
                    break;
                case 2:
                    _ = route.Session.GoAwayAsync();
                    break;
                case 3:
                    scene.Network.Kill(route.Endpoint);
                    break;
                default:
                    route.Replace(broadcast);
                    break;
            }
        }

        async Task<int> WriteAsync()
        {
            var number = 0;
            for (; !isOver; number++)
            {
                Scene.Say(track, $"{number}");
                await scene.PauseAsync(chance.NextDouble() / 20);
            }

            return number;
        }
    });
}
