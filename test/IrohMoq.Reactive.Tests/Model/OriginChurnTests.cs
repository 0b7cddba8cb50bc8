using IrohMoq.Reactive.Tests.Pipeline;

namespace IrohMoq.Reactive.Tests.Model;

/// <summary>A fixture that runs alone, because it looks at the memory of the whole process.</summary>
public sealed class OriginChurnTests
{
    private const int Names = 10_000;
    private const long MostLeft = 300_000;

    public enum Churn
    {
        OneNameComesAndGoes,
        OneNameIsReplaced,
        ManyNamesComeAndGo,
        OneBroadcastUnderManyNames,
    }

    /// <summary>Replaces a broadcast by itself: each publication that ends must remove its callback.</summary>
    [Test]
    public void NameThatIsReplacedFromManyThreads_LeavesOneCallbackAtItsBroadcast()
    {
        var origin = new OriginProducer();
        using var broadcast = new BroadcastProducer();
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(Replace)).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        Assert.That(broadcast.ListenerCount, Is.EqualTo(1));

        void Replace()
        {
            for (var i = 0; i < 50_000; i++)
                origin.Publish("name", broadcast.Consume());
        }
    }

    [Test]
    public void ListenerThatDoesNotRead_KeepsNothingOfWhatCameAndWent([Values] Churn churn) => VirtualWorld.Run(world =>
    {
        var origin = new OriginProducer(world.Runtime);
        using var idle = origin.OpenAnnouncements(default);
        using var lasting = new BroadcastProducer(world.Runtime);
        using var here = origin.Publish("here", lasting.Consume());
        Repeat(0, 100);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Repeat(100, Names);
        Assert.That(
            GC.GetTotalMemory(forceFullCollection: true) - before,
            Is.LessThan(MostLeft),
            "of which each name that stays would take a hundred");
        var told = new List<string>();
        while (idle.TryNext(out var change))
            told.Add($"{change.Path} {change.IsActive}");
        Assert.That(told, Is.EqualTo(churn == Churn.OneNameIsReplaced ? new[] { "here True", "name True" } : ["here True"]));
        GC.KeepAlive(lasting);
        return Task.CompletedTask;

        void Repeat(int from, int count)
        {
            for (var i = from; i < from + count; i++)
            {
                var name = churn is Churn.OneNameComesAndGoes or Churn.OneNameIsReplaced ? "name" : $"name/{i}";
                var broadcast = churn == Churn.OneBroadcastUnderManyNames ? lasting : new BroadcastProducer(world.Runtime);
                var published = origin.Publish(name, broadcast.Consume());
                if (churn != Churn.OneNameIsReplaced)
                    published.Dispose();
            }
        }
    });
}
