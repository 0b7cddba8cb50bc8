using System.Net;
using System.Net.NetworkInformation;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Reads a track to its end, in the order of groups and frames, and writes the payloads to a target.</summary>
internal sealed class TrackWriter(TrackConsumer track, TrafficMeter meter, PayloadTarget payloads, bool isSameMachine)
{
    private long _brokenOff;

    /// <summary>Gets the number of groups of which not everything was read, although the session and the track went on.</summary>
    public long Missing { get; private set; }

    /// <summary>Gets the number of missing groups that the publisher has aborted, and not dropped for a slow reader.</summary>
    public long Aborted { get; private set; }

    /// <summary>Determines whether the peer of a session runs on this machine, so that both have the same clock.</summary>
    public static bool IsSameMachine(MoqSession session)
    {
        if (session.Path?.RemoteEndPoint is not IPEndPoint { Address: var address })
            return false;
        try
        {
            return IPAddress.IsLoopback(address) || NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(static card => card.GetIPProperties().UnicastAddresses)
                .Any(own => own.Address.Equals(address));
        }
        catch (NetworkInformationException)
        {
            // Without the list of addresses, only loopback is known.
            return false;
        }
    }

    /// <summary>Reads the track to its end.</summary>
    /// <param name="subscribed">The action to call with the number of the first group, when it has arrived.</param>
    /// <param name="stop">The token that cancels the operation.</param>
    public async Task ReadAsync(Action<ulong> subscribed, CancellationToken stop)
    {
        var isFirst = true;
        MoqErrorCode? brokenOff = null;
        using var reader = track.Open(new SubscribeOptions { Order = GroupOrder.Sequence });
        while (true)
        {
            var group = await reader.ReadGroupAsync(stop).ConfigureAwait(false);
            // Now it is known that only the group before was broken off, and not the track or the session.
            Count(brokenOff);
            Skipped(reader.Skipped);
            if (group is null)
                return;
            if (isFirst)
                subscribed(group.Sequence);
            isFirst = false;
            meter.Gap(group.Skipped);
            brokenOff = await ReadAsync(group, stop).ConfigureAwait(false);
        }
    }

    private void Skipped(long groups)
    {
        meter.Skipped(groups);
        Missing = _brokenOff + groups;
    }

    private void Count(MoqErrorCode? brokenOff)
    {
        if (brokenOff is not { } code)
            return;
        _brokenOff++;
        if (!IsDrop(code))
            Aborted++;
    }

    /// <summary>Determines whether a live track drops a group with a code, because its reader is too slow or nobody needs it.</summary>
    private static bool IsDrop(MoqErrorCode code) =>
        code == MoqErrorCode.Cancel || code == MoqErrorCode.Old || code == MoqErrorCode.Evicted || code == MoqErrorCode.Lagged;

    /// <returns>The code with which the group was broken off, or null if it is complete.</returns>
    private async ValueTask<MoqErrorCode?> ReadAsync(GroupConsumer group, CancellationToken stop)
    {
        meter.Group();
        try
        {
            await foreach (var frame in group.ReadFramesAsync(stop).ConfigureAwait(false))
            {
                meter.Received(frame.Payload, isSameMachine);
                var added = payloads.AddAsync(frame.Payload, stop);
                if (added.IsCompletedSuccessfully)
                    continue;
                // While the output is blocked, nothing is read, so that nothing arrives.
                meter.Pause();
                await added.ConfigureAwait(false);
                meter.Resume();
            }

            return null;
        }
        catch (MoqStreamException failure)
        {
            // A group that is broken off counts as a gap. If the whole track has failed, the next read throws.
            meter.Gap(1);
            return failure.Code;
        }
    }
}
