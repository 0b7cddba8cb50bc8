using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

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
        WaitAsync(reading.ReadGroupsAsync(CancellationToken.None), reading.Peer.World.Runtime, CancellationToken.None);

    /// <summary>Two groups change places.</summary>
    public static async IAsyncEnumerable<GroupConsumer> SwappedGroups(
        FrontReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        GroupConsumer? held = null;
        await foreach (var group in reading.ReadGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (++count == Third)
            {
                held = group.Keep();
                continue;
            }

            yield return group;
            if (held is not null)
                yield return held;
            held = null;
        }

        held?.Dispose();
    }

    /// <summary>A reading that may miss nothing goes on.</summary>
    public static IAsyncEnumerable<GroupConsumer> UnseenMiss(FrontReading reading, CancellationToken cancellationToken) =>
        reading.ReadGroupsAsync(reading.Terms.Options with { MissedGroupPolicy = MissedGroupPolicy.Skip }, cancellationToken);

    /// <summary>A reading that may miss nothing fails, although it has missed nothing.</summary>
    public static async IAsyncEnumerable<GroupConsumer> FalseMiss(
        FrontReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var group in reading.ReadGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return group;
            if (++count == Third && reading.Terms.MustMissNothing)
                throw new MoqStreamException(MoqErrorCode.Evicted, "The mutant has missed a group.");
        }
    }

    /// <summary>A reading does not end behind its last group.</summary>
    public static IAsyncEnumerable<GroupConsumer> UnseenEnd(FrontReading reading, CancellationToken cancellationToken) =>
        reading.ReadGroupsAsync(reading.Terms.Options with { End = null }, cancellationToken);

    /// <summary>A reading that states a last group waits for ever behind it.</summary>
    public static IAsyncEnumerable<GroupConsumer> UntoldEnd(FrontReading reading, CancellationToken cancellationToken) =>
        reading.Terms.Options.End is null
            ? reading.ReadGroupsAsync(cancellationToken)
            : WaitAsync(reading.ReadGroupsAsync(cancellationToken), reading.Peer.World.Runtime, cancellationToken);

    /// <summary>The last group is read to its end, whatever the last requested frame is.</summary>
    public static IAsyncEnumerable<GroupConsumer> UnseenLastFrame(FrontReading reading, CancellationToken cancellationToken) =>
        reading.ReadGroupsAsync(reading.Terms.Options with { LastFrame = null }, cancellationToken);

    /// <summary>A datagram is received twice.</summary>
    public static async IAsyncEnumerable<GroupConsumer> DoubledDatagram(
        FrontReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var group in reading.ReadGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return group;
            if (group.IsDatagram)
                yield return group;
        }
    }

    /// <summary>A piece of a frame is missing.</summary>
    public static async IAsyncEnumerable<FrameChunk> LostPiece(
        GroupConsumer group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var piece in group.ReadChunksAsync(cancellationToken).ConfigureAwait(false))
        {
            if (piece.Offset == 0 || piece.IsLast)
                yield return piece;
        }
    }

    /// <summary>A piece of a frame is received twice.</summary>
    public static async IAsyncEnumerable<FrameChunk> DoubledPiece(
        GroupConsumer group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var piece in group.ReadChunksAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return piece;
            if (!piece.IsLast)
                yield return piece;
        }
    }

    /// <summary>A group that is aborted in the middle of a frame seems to have ended.</summary>
    public static async IAsyncEnumerable<FrameChunk> UntoldAbort(
        GroupConsumer group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var pieces = group.ReadChunksAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync().ConfigureAwait(false))
            yield return pieces.Current;

        async ValueTask<bool> MoveNextAsync()
        {
            try
            {
                return await pieces.MoveNextAsync().ConfigureAwait(false);
            }
            catch (MoqStreamException)
            {
                return false;
            }
        }
    }

    /// <summary>The estimates do not end with the session.</summary>
    public static IObservable<RateEstimate> EndlessRates(MoqSession session) =>
        session.ReceiveRates().Concat(Observable.Never<RateEstimate>());

    /// <summary>A round-trip time is told in every version, also in that which has none.</summary>
    public static IObservable<RateEstimate> UnknownTimes(MoqSession session) =>
        session.ReceiveRates().Select(static estimate => estimate with { RoundTripTime = TimeSpan.FromMilliseconds(40) });

    /// <summary>A group is created although the readers have left no room. Without a reader, the writer is held.</summary>
    public static ValueTask<GroupProducer> UnheldGroups(TrackProducer track)
    {
        lock (track.Gate)
        {
            return track.State.Readers.Count == 0
                ? track.AppendGroupAsync()
                : ValueTask.FromResult(track.CreateGroup(track.State.Sequences.Next));
        }
    }

    /// <summary>A frame is written although the readers have left no room.</summary>
    public static ValueTask UnheldFrames(GroupProducer group, byte[] frame)
    {
        group.WriteNow(frame, group.Track.Now);
        return default;
    }

    /// <summary>A reading holds back the writers of its track without an end: it reads so slowly that it is just not cut off.</summary>
    public static async IAsyncEnumerable<GroupConsumer> HesitantReading(
        FrontReading reading, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var group in reading.ReadGroupsAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return group;
            if (Swarm.IsLossless(reading.Name))
                await reading.Peer.World.Runtime.DelayAsync(HarshSettings.SlowReaderLimit / 2, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A memory block is never released.</summary>
    public static IAsyncEnumerable<GroupConsumer> LeakedBlock(FrontReading reading, CancellationToken cancellationToken)
    {
        reading.Peer.World.Pool.Rent(1);
        return reading.ReadGroupsAsync(cancellationToken);
    }

    private static async IAsyncEnumerable<GroupConsumer> WaitAsync(
        IAsyncEnumerable<GroupConsumer> groups, Runtime runtime, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var group in groups.ConfigureAwait(false))
            yield return group;
        await runtime.DelayAsync(TimeSpan.FromDays(1), cancellationToken).ConfigureAwait(false);
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
