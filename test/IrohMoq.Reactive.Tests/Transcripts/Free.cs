using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>
/// What is not compared with a recording, all in this place, because it depends on the run, on the program or on QMux, over which the
/// sessions were recorded.
/// </summary>
internal static class Free
{
    /// <summary>
    /// Determines whether a stream is compared. Probe streams are not: when they are opened, and what they carry, depends on the measured
    /// rate of the path.
    /// </summary>
    public static bool IsCompared(RecordedStream stream) => stream.Type != "Probe";

    /// <summary>
    /// Returns a message without what is free: the order of the parameters of SETUP (which the decoder does not keep), the id of the
    /// subscription, and the hop id of this side, which is replaced with the one in the recording. Timestamps and payloads are those of the
    /// script.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="hop">The hop id of this side.</param>
    /// <param name="recorded">The hop id of the side that is played, in the recording.</param>
    public static object Normalize(object message, ulong hop, ulong recorded)
    {
        return message switch
        {
            Setup setup => setup with { Hop = Own(setup.Hop) },
            AnnounceRequest request => request with { ExcludeHop = Own(request.ExcludeHop) },
            AnnounceOk ok => ok with { Hop = Own(ok.Hop) },
            Announce announce => announce with { Hops = OwnIn(announce.Hops) },
            AnnounceStart start => start with { Route = start.Route with { Hops = OwnIn(start.Route.Hops) } },
            AnnounceUpdate update => update with { Route = update.Route with { Hops = OwnIn(update.Route.Hops) } },
            Subscribe subscribe => subscribe with { Id = 0 },
            _ => message,
        };

        ulong Own(ulong id) => id == hop ? recorded : id;
        HopPath OwnIn(HopPath hops) => new([.. hops.Ids.ToArray().Select(Own)]);
    }

    /// <summary>Returns how an event ends the direction of its sender.</summary>
    public static StreamEnding EndOf(RecordedEvent one) => one switch
    {
        { Kind: RecordedEventKind.Reset } => StreamEnding.Reset(one.Code),
        { Kind: RecordedEventKind.Data, Fin: true } => StreamEnding.Finished,
        _ => StreamEnding.Open,
    };

    /// <summary>
    /// Determines whether an event of the peer is replayed. A stop that is not compared is not, if the stream ends without it: on real
    /// QUIC the end often arrives first, and the end of this side would not be seen.
    /// </summary>
    public static bool IsReplayed(RecordedEvent one, RecordedStream stream, IEnumerable<RecordedEvent> events) =>
        one.Kind != RecordedEventKind.Stop
        || IsStopCompared(stream.Type, stream.IsOurs == one.IsOurs)
        || !events.Any(other => other.IsOurs != one.IsOurs && other.Stream == one.Stream && EndOf(other).IsOver);

    /// <summary>
    /// Determines whether the end of a direction of this side is compared. It is not if the peer stops the direction first: the answer to
    /// a stop is the transport's.
    /// </summary>
    public static bool IsEndCompared(RecordedStream stream, IReadOnlyList<RecordedEvent> events)
    {
        var stop = events.FirstOrDefault(
            one => one is { IsOurs: false, Kind: RecordedEventKind.Stop } && IsReplayed(one, stream, events));
        return stop is null || events.Any(one => one.IsOurs && one.Number < stop.Number && EndOf(one).IsOver);
    }

    /// <summary>
    /// Determines whether an event is a stop that is compared. A stop of a direction that has ended before is not: the recorded programs
    /// stop a stream whose end has arrived, but was not read, which real QUIC does not show.
    /// </summary>
    public static bool IsStop(RecordedEvent one, RecordedStream stream, IReadOnlyList<RecordedEvent> events) =>
        one.Kind == RecordedEventKind.Stop
        && IsStopCompared(stream.Type, stream.IsOurs == one.IsOurs)
        && !events.Any(other => other.IsOurs != one.IsOurs && other.Number < one.Number && EndOf(other).IsOver);

    /// <summary>
    /// Determines whether stops of a stream are compared: those of groups, and those of an answer. A SETUP and a TRACK_INFO are complete
    /// without their end, and whoever answers a request does not read on when it has ended its answer; whether either shows depends on
    /// which end comes first.
    /// </summary>
    public static bool IsStopCompared(string type, bool isByOpener) => type == "Group" || (isByOpener && type is not ("Setup" or "Track"));
}
