namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Fetches single groups in a harsh simulation, and checks what is returned or refused: a returned group has exactly the frames that were
/// written, a group that never was is not returned, and a group that the publisher keeps is not refused.
/// </summary>
internal sealed class FetchActions(ManagerScenario world, PeerOperations operations)
{
    /// <summary>The highest number above the last one of a track that is fetched.</summary>
    private const int Beyond = 3;

    /// <summary>The number of answers that the publisher gives one after the other: the properties of the track, and the group.</summary>
    private const int Answers = 2;

    public async Task FetchAsync(SimulatedPeer peer, SimulatedPeer publisher, BroadcastPath name, int value)
    {
        if (peer.Readers.Count >= HarshSettings.MaxReaders
            || await operations.SubscribeAsync(peer, publisher, name).ConfigureAwait(false) is not var (session, broadcast))
            return;
        using var cancellation = new CancellationTokenSource();
        peer.Readers.Add(cancellation);
        var track = broadcast.Track(SimulatedBroadcast.TrackName);
        var (group, expected) = await BeginAsync(peer, publisher, name, session, track, value, cancellation.Token).ConfigureAwait(false);
        if (group is not null)
        {
            var what = $"group {group.Sequence} of {name} of {publisher.Name}";
            await world.Pending.RunAsync(peer.Name, "fetch read", what, null, async () =>
            {
                using (group)
                {
                    var sequence = expected ?? group.Sequence;
                    return await FetchedGroup.VerifyAsync(world.Sent, world.Log, peer.Name, name, sequence, group, cancellation.Token)
                        .ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
        }

        peer.Readers.Remove(cancellation);
    }

    /// <summary>Returns the group, and its number if it was asked for by its number; or nothing if it was refused.</summary>
    private async Task<(GroupConsumer? Group, ulong? Expected)> BeginAsync(
        SimulatedPeer peer, SimulatedPeer publisher, BroadcastPath name, MoqSession session, TrackConsumer track, int value,
        CancellationToken cancellationToken)
    {
        GroupConsumer? group = null;
        var published = publisher.Published.GetValueOrDefault(name);
        var highest = published is { Sent.Groups.Count: > 0 } ? published.Sent.Groups.Keys.Max() : 0;
        var sequence = (ulong)value % (highest + Beyond);
        var wasKept = published is not null && IsKept(published, sequence);
        if (value % 4 == 0)
        {
            // The newest group is waited for until there is one.
            await world.Pending.RunAsync(peer.Name, "fetch latest", $"{name} of {publisher.Name}", null, async () =>
            {
                group = await track.FetchLatestAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                return $"group {group.Sequence}";
            }).ConfigureAwait(false);
            return (group, null);
        }

        var limit = (Answers * world.Limits.SubscribeAnswer) + world.Options.IdleTimeout + (2 * world.Network.ReportDelay);
        await world.Pending.RunAsync(peer.Name, "fetch", $"group {sequence} of {name} of {publisher.Name}", limit, async () =>
        {
            try
            {
                group = await world.Options.Fetch(track, sequence, cancellationToken).ConfigureAwait(false);
                return "it comes";
            }
            catch (MoqStreamException refused)
            {
                var isOpen = !session.Closed.IsCompleted && publisher.Published.GetValueOrDefault(name) == published;
                var saysMissing = refused.Code == MoqErrorCode.NotFound || refused.Code == MoqErrorCode.Evicted
                    || refused.Code == MoqErrorCode.Old;
                if (saysMissing && isOpen && wasKept && IsKept(published!, sequence))
                {
                    world.Log.ReportViolation(
                        ManagerInvariants.FetchIsTrue,
                        $"{peer.Name} fetches group {sequence} of b{published!.Sent.Number}, which its publisher keeps",
                        refused.ToString());
                }

                throw;
            }
        }).ConfigureAwait(false);
        return (group, sequence);
    }

    private static bool IsKept(SimulatedBroadcast broadcast, ulong sequence)
    {
        if (!broadcast.Sent.Finished.Contains(sequence)
            || !new KeptGroups(broadcast.Track.State).TryRead(sequence, FetchOptions.Default, out var group))
            return false;
        group.Dispose();
        return true;
    }
}
