using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>Recognizes the streams that this side opens, whose numbers and order are free.</summary>
internal static class Matching
{
    /// <summary>Determines whether a stream is for the same thing as a recorded one.</summary>
    public static bool IsSame(IReadOnlyList<StreamMessage> messages, object? recorded) =>
        messages.Count > 0 && recorded is not null && SubjectOf(messages[0].Message).Equals(SubjectOf(recorded));

    private static object SubjectOf(object opening) => opening switch
    {
        Setup => "options",
        AnnounceRequest request => request.Prefix,
        TrackRequest request => (request.Broadcast, request.Track),
        Subscribe subscribe => (subscribe.Broadcast, subscribe.Track),
        Fetch fetch => (fetch.Broadcast, fetch.Track, fetch.Sequence),
        GroupHeader group => (group.SubscribeId, group.Sequence),
        Goaway => "leaving",
        _ => opening,
    };
}
