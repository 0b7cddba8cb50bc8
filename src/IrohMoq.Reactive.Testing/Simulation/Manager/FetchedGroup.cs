namespace IrohMoq.Reactive.Testing;

/// <summary>Verifies a group that was fetched by its number: it is that group, with exactly the frames that were written.</summary>
internal static class FetchedGroup
{
    /// <summary>Reads the group and reports what is wrong with it.</summary>
    /// <param name="sent">What was written.</param>
    /// <param name="log">The log of the simulation.</param>
    /// <param name="reader">The name of the peer that has fetched the group.</param>
    /// <param name="name">The name of the broadcast, whoever publishes it.</param>
    /// <param name="sequence">The number that was asked for.</param>
    /// <param name="group">The group.</param>
    /// <param name="cancellationToken">The token that cancels the reading.</param>
    /// <returns>A description of what was read.</returns>
    public static async Task<string> VerifyAsync(
        SentFrames sent, SimulationLog log, string reader, BroadcastPath name, ulong sequence, GroupConsumer group,
        CancellationToken cancellationToken)
    {
        var frames = sent.Verify(reader, null, name);
        frames.BeginGroup(group.Sequence);
        if (group.Sequence != sequence)
            Report("is the one that was asked for", $"it is group {group.Sequence}");
        if (!sent.Of(name).Any(one => one.Groups.ContainsKey(group.Sequence)))
            Report("was written", "it was never begun");
        try
        {
            await foreach (var frame in group.ReadFramesAsync(cancellationToken).ConfigureAwait(false))
                frames.Receive(frame.Payload);
        }
        catch (MoqStreamException ended)
        {
            return $"{frames.Next} frames, then {ended.Code}";
        }

        var written = frames.Broadcast is { } broadcast ? [broadcast] : sent.Of(name);
        if (!written.Any(one => one.Finished.Contains(group.Sequence) && one.Groups[group.Sequence].Count == frames.Next))
            Report("ends with its last frame", $"it ends after {frames.Next} frames");
        return $"{frames.Next} frames";

        void Report(string expected, string seen) =>
            log.ReportViolation(ManagerInvariants.FetchIsTrue, $"group {sequence} of {name}, which {reader} fetches, {expected}", seen);
    }
}
