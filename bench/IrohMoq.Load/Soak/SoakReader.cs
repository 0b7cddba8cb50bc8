using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Represents a reading peer. It runs several concurrent sequences of readings, each of a random track with a random behavior. Sometimes it
/// closes a session that several readings use, or restarts itself.
/// </summary>
/// <param name="name">The name of the reader in messages.</param>
/// <param name="publishers">The publishers from which the peer reads.</param>
/// <param name="book">The book in which the events are recorded.</param>
/// <param name="isHarsh">True if the process of the reader may be killed; it then does not read tracks whose readers must keep up.</param>
internal sealed class SoakReader(
    string name, IReadOnlyList<(EndpointAddr Address, Func<TimeSpan, bool> IsUpFor)> publishers, SoakBook book, bool isHarsh)
{
    private const int Readings = 4;
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(12);

    // After a restart of a publisher, its broadcast must be announced and subscribed to again, which takes some time.
    private static readonly TimeSpan BeforeServed = TimeSpan.FromSeconds(3);

    public async Task RunAsync(int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            await using var endpoint = await IrohEndpoint.CreateAsync(
                options: SoakPublisher.EndpointAt(new IPEndPoint(IPAddress.Loopback, 0)), cancellationToken: CancellationToken.None);
            await using var moq = new Moq(endpoint, OfferedProtocols.Options);
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
                // The publisher is stopped, or the session was closed during the reading.
                book.Count($"ended by {end.GetType().Name}");
                await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(500), life));
            }
            catch (OperationCanceledException)
            {
                // The time of the reading, or of this peer, has passed.
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
        // Half of the readings are healthy.
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

    /// <summary>Reads a group, completely or in part, depending on the behavior. Returns false if the reader leaves the track.</summary>
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
                // A group of a live track may be aborted. The reader continues with the next group.
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
