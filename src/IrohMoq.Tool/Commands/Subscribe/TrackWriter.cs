using System.Net;
using System.Net.NetworkInformation;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Reads a track to its end, in the order of groups and frames, and writes the payloads to a target.</summary>
internal sealed class TrackWriter(TrackConsumer track, TrafficMeter meter, PayloadTarget payloads, bool isSameMachine)
{
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
        using var reader = track.Open(new SubscribeOptions { Order = GroupOrder.Sequence });
        while (await reader.ReadGroupAsync(stop).ConfigureAwait(false) is { } group)
        {
            if (isFirst)
                subscribed(group.Sequence);
            isFirst = false;
            meter.Gap(group.Skipped);
            meter.Skipped(reader.Skipped);
            await ReadAsync(group, stop).ConfigureAwait(false);
        }

        meter.Skipped(reader.Skipped);
    }

    private async Task ReadAsync(GroupConsumer group, CancellationToken stop)
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
        }
        catch (MoqStreamException)
        {
            // A group that its publisher dropped counts as a gap. If the whole track has failed, the next read throws.
            meter.Gap(1);
        }
    }
}
