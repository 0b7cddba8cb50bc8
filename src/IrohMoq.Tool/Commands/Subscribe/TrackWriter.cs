using System.Net;
using System.Net.NetworkInformation;
using IrohMoq.Reactive;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Streams;

namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>
/// Reads a track to its end, and writes the payloads to a target. After a break, the same track may be read on from another session.
/// </summary>
internal sealed class TrackWriter(SubscribeOptions options, TrafficMeter meter, PayloadTarget payloads, IOutput output)
{
    private ulong? _origin;
    // The lowest number of which neither the group nor a higher one has been read completely or counted as missing.
    private ulong? _next;

    /// <summary>Gets the number of incomplete groups that the publisher has aborted, and not dropped for a slow reader.</summary>
    public long Aborted { get; private set; }

    /// <summary>Gets the number of missing groups of a lossless track of which nothing has arrived.</summary>
    public long Lost { get; private set; }

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

    /// <summary>Reads a track to its end.</summary>
    /// <param name="found">The broadcast, and the session over which it is read.</param>
    /// <param name="name">The name of the track.</param>
    /// <param name="subscribed">The action to call with the number of the first group, when it has arrived.</param>
    /// <param name="stop">The token that cancels the operation.</param>
    public async Task ReadAsync(Found found, string name, Action<ulong> subscribed, CancellationToken stop)
    {
        var isSameMachine = IsSameMachine(found.Session);
        var isFirst = true;
        var skipped = 0L;
        (ulong Group, MoqErrorCode Code)? brokenOff = null;
        var start = StartOf(found.Broadcast.Route);
        using var reader = found.Broadcast.Track(name).Open(options with { Start = start });
        while (true)
        {
            var group = await reader.ReadGroupAsync(stop).ConfigureAwait(false);
            // Now it is known that only the group before was broken off, and not the track or the session.
            if (brokenOff is { } broken)
                CountIncomplete(broken.Group, broken.Code);
            meter.Missing(reader.Skipped - skipped);
            skipped = reader.Skipped;
            if (group is null)
            {
                Lost += reader.IsLossless ? skipped : 0;
                return;
            }

            if (isFirst)
            {
                subscribed(group.Sequence);
                CountBreak(found.Broadcast.Route, group.Sequence, skipped);
            }

            isFirst = false;
            Advance(group.Sequence);
            var failure = await ReadAsync(group, isSameMachine, stop).ConfigureAwait(false);
            brokenOff = failure is { } code ? (group.Sequence, code) : null;
            if (failure is null)
                Advance(group.Sequence + 1);
        }
    }

    /// <summary>Returns the first group to read: after a break, that after the last one that was read, unless only new ones are.</summary>
    private GroupStart StartOf(BroadcastRoute route) =>
        options.Start != GroupStart.Latest && _next is { } next && OriginOf(route) is { } origin && origin == _origin
            ? GroupStart.From(next)
            : options.Start;

    /// <summary>Counts the groups that are missing between the session before a break and this one.</summary>
    /// <param name="route">The way to the publisher.</param>
    /// <param name="first">The first group that was read.</param>
    /// <param name="skipped">The number of groups before it that are counted already, because they were requested.</param>
    private void CountBreak(BroadcastRoute route, ulong first, long skipped)
    {
        // A publisher that has been started anew numbers its groups anew. An unknown origin is taken for the same one.
        var origin = OriginOf(route);
        if (_next is { } next && first > next && (origin is null || _origin is null || origin == _origin))
        {
            meter.Missing(Math.Max(0, (long)(first - next) - skipped));
            output.Note(
                first - next == 1
                    ? $"group {next} is missing since the break"
                    : $"groups {next} to {first - 1} are missing since the break");
        }

        (_origin, _next) = (origin, first);
    }

    /// <summary>Returns the id of the first peer of a route, which is a new one when the publisher is started anew.</summary>
    private static ulong? OriginOf(BroadcastRoute route) => route.Hops is [not 0 and var origin, ..] ? origin : null;

    private void Advance(ulong next) => _next = _next > next ? _next : next;

    private void CountIncomplete(ulong group, MoqErrorCode code)
    {
        meter.Incomplete();
        Advance(group + 1);
        if (!IsDrop(code))
            Aborted++;
    }

    /// <summary>Determines whether a live track drops a group with a code, because its reader is too slow or nobody needs it.</summary>
    private static bool IsDrop(MoqErrorCode code) =>
        code == MoqErrorCode.Cancel || code == MoqErrorCode.Old || code == MoqErrorCode.Evicted || code == MoqErrorCode.Lagged;

    /// <returns>The code with which the group was broken off, or null if it is complete.</returns>
    private async ValueTask<MoqErrorCode?> ReadAsync(GroupConsumer group, bool isSameMachine, CancellationToken stop)
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
            return failure.Code;
        }
    }
}
