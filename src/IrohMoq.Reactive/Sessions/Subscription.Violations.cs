using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>
/// Fails the subscription if the publisher contradicts itself, from moq-lite-06 on: a group at or behind the end that it has told, a
/// beginning before the requested one, or an end of the subscription without the end of the track. In moq-lite-05 the number of the end had
/// two readings, and publishers ended subscriptions without it.
/// </content>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose.
internal sealed partial class Subscription
#pragma warning restore CA1001
{
    private MoqProtocolException? _violation;
    private ulong? _highest;

    /// <summary>Gets the highest group that has begun to arrive, or null if none has.</summary>
    public ulong? Highest
    {
        get
        {
            lock (_gate)
                return _highest;
        }
    }

    /// <summary>Records that a group begins to arrive.</summary>
    /// <returns>False if the publisher has told that the track ends before the group.</returns>
    private bool MayArrive(ulong sequence)
    {
        lock (_gate)
        {
            if (Version.HasRoutes && sequence >= TrackEnd)
                return false;
            if (!(sequence <= _highest))
                _highest = sequence;
            return true;
        }
    }

    /// <summary>Records the number of the first group that will not exist.</summary>
    /// <exception cref="MoqProtocolException">A group with that number or a higher one has arrived.</exception>
    private void SetTrackEnd(ulong end)
    {
        lock (_gate)
        {
            if (Version.HasRoutes && _highest >= end)
                throw Violation($"ended {_track.Name} at group {end}, of which group {_highest} has come");
            TrackEnd = end;
        }
    }

    /// <exception cref="MoqProtocolException">The first group is lower than the lowest one that was requested.</exception>
    private void ThrowIfBelowFloor(ulong first)
    {
        if (Version.HasRoutes && first < RequestedStart)
            throw Violation($"begins {_track.Name} at group {first}; group {RequestedStart} was asked for");
    }

    /// <summary>Refuses a first group that no track can have, and that could not be named in an update.</summary>
    /// <exception cref="MoqStreamException">The number is too high.</exception>
    private static void ThrowIfTooHigh(ulong? first)
    {
        if (first > TrackProducer.MaxSequence)
        {
            throw new MoqStreamException(
                MoqErrorCode.BoundsExceeded,
                $"The publisher begins with group {first}; at most {TrackProducer.MaxSequence} is read.",
                isRemote: true);
        }
    }

    /// <exception cref="MoqProtocolException">The publisher has ended the subscription without telling where the track ends.</exception>
    private void ThrowIfNoEnd()
    {
        if (Version.HasRoutes && TrackEnd is null)
            throw Violation($"ended the subscription to {_track.Name} without telling where the track ends");
    }

    /// <summary>Ends the stream of the subscription, on which a message is waited for, because of a violation on another stream.</summary>
    private void FailWith(MoqProtocolException violation)
    {
        BidiStream? stream;
        lock (_gate)
        {
            _violation ??= violation;
            stream = _stream;
        }

        stream?.Refuse(violation.Code, Version);
    }

    private void ThrowIfViolated()
    {
        if (Volatile.Read(ref _violation) is { } violation)
            throw violation;
    }

    private static MoqProtocolException Violation(string what) => new(MoqErrorCode.ProtocolViolation, $"The publisher {what}.");
}
