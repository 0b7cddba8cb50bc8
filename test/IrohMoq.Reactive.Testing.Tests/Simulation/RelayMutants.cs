using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing.Tests.Simulations;

/// <summary>Faults that break a promise of broadcasts with several ways. Each stands between the library and every reading.</summary>
internal static class RelayMutants
{
    private const int Third = 3;

    /// <summary>A reading has one way: the session that announces the broadcast now.</summary>
    public static async Task<BroadcastConsumer> OneWay(
        SwarmPeer peer, BroadcastPath name, TimeSpan timeout, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (peer.Sessions.FirstOrDefault(session => session.OriginConsumer.Find(name) is not null) is { } session)
                return await session.SubscribeAsync(name, cancellationToken).ConfigureAwait(false);
            await peer.World.Runtime.DelayAsync(TimeSpan.FromMilliseconds(100), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A group is received twice.</summary>
    public static async IAsyncEnumerable<GroupConsumer> DoubledGroup(
        FrontReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var group in reading.ReadGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return group;
            if (++count == Third)
                yield return group;
        }
    }

    /// <summary>A reading that has lost its broadcast continues with whatever has the name next.</summary>
    public static async IAsyncEnumerable<GroupConsumer> OtherContent(
        FrontReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var track = reading.Track;
        while (true)
        {
            using var reader = track.Open();
            while (await NextAsync(reader, cancellationToken).ConfigureAwait(false) is { } group)
                yield return group;
            track = (await reading.Peer.Moq.SubscribeAsync(reading.Name, cancellationToken).ConfigureAwait(false)).Track(track.Name);
        }
    }

    /// <summary>A group is missing without a report.</summary>
    public static async IAsyncEnumerable<GroupConsumer> LostGroup(
        FrontReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var group in reading.ReadGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (++count == Third)
                group.Dispose();
            else
                yield return group;
        }
    }

    /// <summary>After some groups no more arrive.</summary>
    public static async IAsyncEnumerable<GroupConsumer> Standstill(
        FrontReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var group in reading.ReadGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return group;
            if (++count == Third)
                await reading.Peer.World.Runtime.DelayAsync(TimeSpan.FromDays(1), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A reading that fails seems to have reached the end of the track.</summary>
    public static async IAsyncEnumerable<GroupConsumer> UnsaidFailure(
        FrontReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = reading.Track.Open();
        while (await NextAsync(reader, cancellationToken).ConfigureAwait(false) is { } group)
            yield return group;
    }

    /// <summary>A reading does not end when it is canceled.</summary>
    public static IAsyncEnumerable<GroupConsumer> UnseenCancellation(FrontReading reading, CancellationToken cancellationToken) =>
        WaitAsync(reading.ReadGroupsAsync(CancellationToken.None), reading.Peer.World.Runtime);

    /// <summary>A memory block is never released.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedBlock(FrontReading reading, CancellationToken cancellationToken)
    {
        reading.Peer.World.Pool.Rent(1);
        return reading.ReadGroupsAsync(cancellationToken);
    }

    private static async IAsyncEnumerable<GroupConsumer> WaitAsync(IAsyncEnumerable<GroupConsumer> groups, Runtime runtime)
    {
        await foreach (var group in groups.ConfigureAwait(false))
            yield return group;
        await runtime.DelayAsync(TimeSpan.FromDays(1)).ConfigureAwait(false);
    }

    private static async ValueTask<GroupConsumer?> NextAsync(TrackReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadGroupAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (MoqException)
        {
            return null;
        }
    }
}
