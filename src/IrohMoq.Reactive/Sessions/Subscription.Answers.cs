using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <content>Applies what the publisher tells about the track and about the groups that it sends.</content>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose.
internal sealed partial class Subscription
#pragma warning restore CA1001
{
    private void TakeAnswer(DeliveryTerms terms, DeliveryTerms asked)
    {
        ThrowIfTooHigh(terms.StartGroup);
        _track.ThrowIfReplaced(this);
        IsKnown = SubscriptionTerms.Says(terms, asked);
        if (IsKnown)
        {
            _track.Answers.TakeAnswer(this, terms);
            Start = terms.StartGroup ?? Start;
        }

        Accept();
        Describe();
    }

    /// <summary>Applies the properties of the track, which the publisher tells before the subscription from moq-lite-05 on.</summary>
    private void TakeInfo(TrackInfo info)
    {
        _track.ThrowIfReplaced(this);
        IsKnown = true;
        _track.Answers.TakeInfo(this, info);
        Describe();
    }

    /// <summary>Applies the number of the first group, which the publisher tells when it is known.</summary>
    /// <returns>False if the publisher has told it before.</returns>
    private bool TryTakeStart(ulong first)
    {
        if (IsAccepted)
            return false;
        ThrowIfTooHigh(first);
        ThrowIfBelowFloor(first);
        _track.ThrowIfReplaced(this);
        Start = first;
        _track.Answers.BeginAt(this, first);
        _updates!.BeginAt(first);
        Accept();
        return true;
    }

    /// <summary>Applies the number of the first group that will not exist.</summary>
    private void TakeEnd(ulong end)
    {
        SetTrackEnd(end);
        if (!IsAccepted)
            Accept();
    }

    private void Describe()
    {
        lock (_gate)
            _isDescribed = true;
        ServeIfKnown();
    }

    /// <summary>Lets the groups through if they are wanted, and the properties of the track are known by which they are read.</summary>
    private void ServeIfKnown()
    {
        lock (_gate)
        {
            if (!_isWanted || !_isDescribed)
                return;
        }

        Volatile.Write(ref _serves, true);
        _decided.TrySet(true);
    }

    private void Accept()
    {
        IsAccepted = true;
        _track.OnAnswered();
    }

    private SubscribeDrop FromWire(SubscribeDrop drop) => drop.ErrorCode > uint.MaxValue
        ? drop
        : drop with { ErrorCode = WireCodes.FromWire(Version, CodeSpace.Stream, (uint)drop.ErrorCode).Value };
}
