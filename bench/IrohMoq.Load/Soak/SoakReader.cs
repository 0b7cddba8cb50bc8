using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// A peer that reads: several readings at once, each of a track and in a manner that chance chooses, one after the other; now and then it
/// ends a session or itself under all of them.
/// </summary>
/// <param name="name">What messages call it.</param>
/// <param name="publishers">The publishers that it may read from.</param>
/// <param name="book">The book in which it records the events.</param>
/// <param name="isHarsh">True if its process may be killed: then it does not read the tracks whose readers must keep up.</param>
internal sealed class SoakReader(
    string name, IReadOnlyList<(EndpointAddr Address, Func<TimeSpan, bool> IsUpFor)> publishers, SoakBook book, bool isHarsh)
{
    private const int Readings = 4;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(12);

    // After a publisher's return its broadcast is announced and asked for again.
    private static readonly TimeSpan BeforeServed = TimeSpan.FromSeconds(3);

    public async Task RunAsync(int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            await using var endpoint = await IrohEndpoint.CreateAsync(
                options: SoakPublisher.EndpointAt(new IPEndPoint(IPAddress.Loopback, 0)), cancellationToken: CancellationToken.None);
            await using var moq = new Moq(endpoint);
            using var life = CancellationTokenSource.CreateLinkedTokenSource(stop);
            life.CancelAfter(TimeSpan.FromSeconds(random.Next(30, 120)));
            await Task.WhenAll(Enumerable.Range(0, Readings).Select(_ => RunReadingsAsync(moq, new Random(random.Next()), life.Token)));
            book.Count("peers ended");
        }
    }

    private async Task RunReadingsAsync(Moq moq, Random random, CancellationToken life)
    {
        while (!life.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(moq, random, life);
            }
            catch (Exception end) when (end is MoqException or TimeoutException)
            {
                // The publisher is away, or the session was ended under the reading.
                book.Count($"ended by {end.GetType().Name}");
                await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(500), life));
            }
            catch (OperationCanceledException)
            {
                // The time of the reading, or of this process, has passed.
            }
        }
    }

    private async Task ReadAsync(Moq moq, Random random, CancellationToken life)
    {
        var (address, isUpFor) = publishers[random.Next(publishers.Count)];
        if (!isUpFor(TimeSpan.Zero))
        {
            await PassAsync(TimeSpan.FromMilliseconds(100), life);
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(life);
        limit.CancelAfter(ConnectLimit);
        await using var session = await moq.ConnectAsync(address, limit.Token);
        await using var broadcast = await session.SubscribeAsync(SoakPublisher.Broadcast, limit.Token);
        var track = new SoakTrack(random.Next(SoakTrack.Count));
        // Half of them are healthy.
        var manner = random.Next(2) == 0 ? SoakManner.Steady : (SoakManner)random.Next((int)SoakManner.Last + 1);
        if (track.IsForTheHealthy && (isHarsh || manner > SoakManner.Breaks))
            track = new SoakTrack(random.Next(10));
        using var time = CancellationTokenSource.CreateLinkedTokenSource(life);
        time.CancelAfter(TimeSpan.FromSeconds(random.Next(5, 30)));
        var reading = new SoakReading($"{name}'s reading of {track.Name}", () => isUpFor(BeforeServed));
        using var watch = manner == SoakManner.Steady && track.MustGoOn ? book.Watch(reading) : null;
        try
        {
            await foreach (var group in broadcast.Track(track.Name).ReadGroupsAsync(time.Token))
            {
                reading.Progress();
                book.CountGroup();
                if (!await ReadAsync(group, manner, random, life))
                    break;
            }
        }
        finally
        {
            book.Count(manner.ToString());
            if (manner == SoakManner.Closes)
                session.Close(MoqErrorCode.FromApplication(1), "soak");
        }
    }

    /// <summary>False if the reader leaves.</summary>
    private static async Task<bool> ReadAsync(GroupConsumer group, SoakManner manner, Random random, CancellationToken life)
    {
        using (group)
        {
            try
            {
                await foreach (var _ in group.ReadFramesAsync(life))
                {
                    if (manner == SoakManner.Breaks && random.Next(4) == 0)
                        break;
                }
            }
            catch (MoqStreamException)
            {
                // A live group may break off; the track goes on.
            }

            switch (manner)
            {
                case SoakManner.Slow:
                    await PassAsync(TimeSpan.FromMilliseconds(random.Next(50, 400)), life);
                    break;
                case SoakManner.Pauses when random.Next(10) == 0:
                    await PassAsync(TimeSpan.FromSeconds(random.Next(1, 9)), life);
                    break;
                case SoakManner.Stops when random.Next(10) == 0:
                    await PassAsync(TimeSpan.FromSeconds(random.Next(20, 60)), life);
                    return false;
                case SoakManner.Closes when random.Next(40) == 0:
                    return false;
            }
        }

        return true;
    }

    private static async Task PassAsync(TimeSpan time, CancellationToken life) => await Task.Delay(time, life);
}
