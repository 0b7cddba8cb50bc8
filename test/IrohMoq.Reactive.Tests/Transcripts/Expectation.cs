namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>
/// What this side is to send and to observe in a recorded session: what the recorded program did, in messages without the free fields, with
/// the differences that are intended.
/// </summary>
internal sealed class Expectation
{
    private readonly RecordedSession _session;
    private readonly Dictionary<long, IReadOnlyList<StreamMessage>> _recorded = [];

    public Expectation(RecordedSession session)
    {
        _session = session;
        Streams = [.. session.Streams.Where(Free.IsCompared).Select(StreamOf)];
        Observations = [.. RecordedOutput.Of(session)];
        Script = [.. session.Script];
        CloseCode = session.Events[^1] is { IsOurs: true, Kind: RecordedEventKind.Close } close ? close.Code : 0;
    }

    public RecordedSession Session => _session;

    public List<ExpectedStream> Streams { get; }

    /// <summary>Gets the commands that drive this side.</summary>
    public List<string> Script { get; }

    /// <summary>Gets what the application sees, in words.</summary>
    public List<string> Observations { get; }

    /// <summary>Gets or sets the number with which this side closes the session. Sides that merely end close with 0.</summary>
    public uint CloseCode { get; set; }

    /// <summary>Returns the number of complete messages that the recorded side had sent on a stream with an event.</summary>
    public int MessagesUpTo(RecordedEvent sent)
    {
        var bytes = _session.Events
            .Where(one => one.IsOurs && one.Stream == sent.Stream && one.Number <= sent.Number)
            .Sum(static one => one.Bytes.Length);
        return _recorded[sent.Stream].Count(message => message.End <= bytes);
    }

    public ExpectedStream? Find(long id) => Streams.Find(stream => stream.Id == id);

    private ExpectedStream StreamOf(RecordedStream stream)
    {
        var events = _session.Events.Where(one => one.Stream == stream.Id).ToArray();
        var (sent, received) = (Bytes(events, isOurs: true), Bytes(events, isOurs: false));
        var messages = stream.IsOurs
            ? StreamMessages.OfOpener(sent, stream.Type, _session.Version)
            : StreamMessages.OfAcceptor(sent, stream.Type, _session.Version);
        _recorded[stream.Id] = messages;
        var answer = stream.IsOurs
            ? StreamMessages.OfAcceptor(received, stream.Type, _session.Version)
            : StreamMessages.OfOpener(received, stream.Type, _session.Version);
        var opened = stream.IsOurs ? messages : answer;
        return new ExpectedStream
        {
            Id = stream.Id,
            IsBidi = stream.IsBidi,
            IsOurs = stream.IsOurs,
            Type = stream.Type,
            Opening = opened.Count > 0 ? opened[0].Message : null,
            Messages = [.. messages.Select(
                (one, place) => new ExpectedMessage(Free.Normalize(one.Message, _session.Hop, _session.Hop), place))],
            Answer = [.. answer.Select(static one => one.Message)],
            IsResetByPeer = events.Any(static one => one is { IsOurs: false, Kind: RecordedEventKind.Reset }),
            End = Free.IsEndCompared(stream, events)
                ? events.Where(static one => one.IsOurs).Select(static one => Free.EndOf(one)).LastOrDefault(static end => end.IsOver)
                : null,
            Stop = events.FirstOrDefault(one => one.IsOurs && Free.IsStop(one, stream, events))?.Code,
        };
    }

    private static byte[] Bytes(IEnumerable<RecordedEvent> events, bool isOurs) =>
        [.. events.Where(one => one.IsOurs == isOurs && one.Kind == RecordedEventKind.Data).SelectMany(static one => one.Bytes)];
}
