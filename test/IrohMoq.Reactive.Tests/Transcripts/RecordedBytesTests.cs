using IrohMoq.Reactive.Tests.Wire;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>Decodes everything that the recorded programs wrote, and encodes it again to the same bytes.</summary>
public sealed class RecordedBytesTests
{
    private static IEnumerable<TestCaseData> Sessions() =>
        RecordedSession.All().Select(static session => new TestCaseData(session).SetArgDisplayNames(session.Name));

    [TestCaseSource(nameof(Sessions))]
    public void Streams_DecodeAndEncodeToTheirBytes(object recorded)
    {
        var session = (RecordedSession)recorded;
        Assert.Multiple(() =>
        {
            foreach (var stream in session.Streams)
            {
                var opened = Bytes(session, stream, byOpener: true);
                // The reference writes the parameters of SETUP in an order that changes from run to run.
                if (stream.Type != "Setup")
                    Assert.That(StreamWalk.Opener(opened, stream.IsBidi, session.Version), Is.EqualTo(opened), $"stream {stream.Id}");
                if (!stream.IsBidi)
                    continue;
                var answer = Bytes(session, stream, byOpener: false);
                var type = Enum.Parse<BidiStreamType>(stream.Type);
                Assert.That(StreamWalk.Response(answer, type, session.Version), Is.EqualTo(answer), $"answer on stream {stream.Id}");
            }
        });
    }

    private static byte[] Bytes(RecordedSession session, RecordedStream stream, bool byOpener) =>
        [.. session.Events
            .Where(one => one.Kind == RecordedEventKind.Data && one.Stream == stream.Id && one.IsOurs == (stream.IsOurs == byOpener))
            .SelectMany(static one => one.Bytes)];
}
