using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Represents a publishing and a subscribing process, and measures them. A measurement ends in time or fails with a
/// <see cref="StallException"/>.
/// </summary>
internal sealed class SidePair : IDisposable
{
    /// <summary>The time without a read frame after which a measurement counts as stalled.</summary>
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private SidePair(Side publisher, Side subscriber)
    {
        Publisher = publisher;
        Subscriber = subscriber;
    }

    public Side Publisher { get; }

    public Side Subscriber { get; }

    /// <summary>Starts both processes.</summary>
    /// <param name="tracks">The tracks to publish.</param>
    /// <param name="way">
    /// The function that replaces the address of the publisher by the address that the subscriber dials; null to dial the publisher
    /// directly.
    /// </param>
    public static async Task<SidePair> StartAsync(TrackSpec[] tracks, Func<EndpointAddr, EndpointAddr>? way = null)
    {
        var publisher = await Side.StartAsync("publish-side", TrackSpec.ToText(tracks));
        try
        {
            var address = EndpointTicket.Parse(publisher.Hello).Address;
            return new SidePair(
                publisher, await Side.StartAsync("subscribe-side", new EndpointTicket(way?.Invoke(address) ?? address).ToString()));
        }
        catch
        {
            publisher.Dispose();
            throw;
        }
    }

    public Task<string> AskAsync(string command, string track) => Subscriber.AskAsync(command, track);

    /// <summary>Lets the subscriber read a track for the specified time, and checks that it makes progress.</summary>
    /// <exception cref="StallException">The subscriber has read nothing for too long.</exception>
    public async Task<Counts> PassAsync(string track, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var last = await Subscriber.CountAsync(track);
        var peak = last.PeakBytes;
        var since = TimeSpan.Zero;
        // A reader without progress is watched beyond the specified time, until it reads again or counts as stalled.
        while (clock.Elapsed < time || since < clock.Elapsed - (2 * BetweenLooks))
        {
            await Task.Delay(BetweenLooks);
            var now = await Subscriber.CountAsync(track);
            peak = Math.Max(peak, now.PeakBytes);
            if (now.Frames > last.Frames)
                since = clock.Elapsed;
            else if (clock.Elapsed - since >= Stall)
                throw new StallException(
                    $"{track}: nothing read for {Stall.TotalSeconds:0} s, after {now.Frames} frames. {await AskAsync("failure", track)}");
            last = now;
        }

        return last with { PeakBytes = peak };
    }

    /// <summary>Measures how much both sides write and read on a track in the specified time, after a warm-up.</summary>
    public async Task<(Counts Written, Counts Read)> MeasureAsync(string track, TimeSpan warmUp, TimeSpan time)
    {
        await PassAsync(track, warmUp);
        var (written, read) = (await Publisher.CountAsync(track), await Subscriber.CountAsync(track));
        var end = await PassAsync(track, time);
        return (await Publisher.CountAsync(track) - written, end - read);
    }

    public void Dispose()
    {
        Subscriber.Dispose();
        Publisher.Dispose();
    }
}
