using System.Diagnostics;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>A publishing and a subscribing process, and what is measured of them. Every measurement ends: in time, or as a stall.</summary>
internal sealed class SidePair : IDisposable
{
    /// <summary>Nothing read for this long is a stall.</summary>
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private SidePair(Side publisher, Side subscriber)
    {
        Publisher = publisher;
        Subscriber = subscriber;
    }

    public Side Publisher { get; }

    public Side Subscriber { get; }

    /// <param name="tracks">What is published.</param>
    /// <param name="way">Where the subscriber dials to reach the publisher; null is straight.</param>
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

    /// <summary>Lets a reading go on, and sees that it does.</summary>
    public async Task<Counts> PassAsync(string track, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var last = await Subscriber.CountAsync(track);
        var peak = last.PeakBytes;
        var since = TimeSpan.Zero;
        // One that stands still is waited for until it counts as stalled, also beyond the time.
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

    /// <summary>What both sides do on a track in a span of time, after another one in which they get warm.</summary>
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
