using System.Text.Json;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Checks the frames of moq-lite-06 and the datagrams of 05 and 06 against the reference vectors.</summary>
public sealed class FrameVectorTests
{
    private static IEnumerable<TestCaseData> Frames() => Of("messages", "FRAME");

    private static IEnumerable<TestCaseData> BadFrames() => Of("malformed", "FRAME");

    private static IEnumerable<TestCaseData> Datagrams() => Of("messages", "DATAGRAM");

    private static IEnumerable<TestCaseData> BadDatagrams() => Of("malformed", "DATAGRAM");

    [TestCaseSource(nameof(Frames))]
    public void Frames_DecodeToTheirFieldsAndEncodeToTheirBytes(JsonElement vector)
    {
        var expected = vector.GetProperty("decoded").GetProperty("frames").EnumerateArray()
            .Select(frame => (frame.Required("timestamp"), frame.GetProperty("payload").Text("hex")))
            .ToArray();

        var frames = Read(vector.Bytes(), vector.Version());

        Assert.That(frames.Select(frame => (frame.Timestamp, Convert.ToHexStringLower(frame.Payload))), Is.EqualTo(expected));
        Assert.That(Convert.ToHexStringLower(Write(frames, vector.Version())), Is.EqualTo(vector.Text("hex")));
    }

    [TestCaseSource(nameof(BadFrames))]
    public void MalformedFrames_FailTheGroupAlone(JsonElement vector)
    {
        var error = Assert.Throws<MoqProtocolException>(() => Read(vector.Bytes(), vector.Version()));

        Assert.That(vector.Text("scope"), Is.EqualTo("group"));
        Assert.That(error.ClosesSession, Is.False);
        Assert.That(
            error.Code,
            Is.EqualTo(vector.Text("error") == "negative timestamp" ? MoqErrorCode.MalformedTrack : MoqErrorCode.WrongSize));
    }

    [TestCaseSource(nameof(Datagrams))]
    public void Datagram_DecodesToItsFieldsAndEncodesToItsBytes(JsonElement vector)
    {
        var fields = vector.GetProperty("decoded");
        var bytes = vector.Bytes();
        var buffer = new byte[DatagramHeader.MaxSize];

        Assert.That(DatagramHeader.TryRead(bytes, vector.Version(), out var header, out var length), Is.True);

        var expected = new DatagramHeader(fields.Required("subscribe"), fields.Required("sequence"), fields.Required("timestamp"));
        Assert.That(header, Is.EqualTo(expected));
        Assert.That(Convert.ToHexStringLower(bytes.AsSpan(length)), Is.EqualTo(fields.GetProperty("payload").Text("hex")));
        Assert.That(header.Write(buffer, bytes.Length - length, vector.Version()), Is.EqualTo(length));
        Assert.That(buffer[..length], Is.EqualTo(bytes[..length]));
        for (var n = 0; n < length; n++)
            Assert.That(DatagramHeader.TryRead(bytes.AsSpan(0, n), vector.Version(), out _, out _), Is.False);
    }

    [TestCaseSource(nameof(BadDatagrams))]
    public void MalformedDatagram_IsToBeDropped(JsonElement vector) =>
        Assert.That(DatagramHeader.TryRead(vector.Bytes(), vector.Version(), out _, out _), Is.False);

    /// <summary>Reads frames up to the end of the stream, as a session does.</summary>
    internal static List<(ulong Timestamp, byte[] Payload)> Read(ReadOnlySpan<byte> stream, MoqVersion version)
    {
        var frames = new List<(ulong Timestamp, byte[] Payload)>();
        var timestamp = 0UL;
        while (!stream.IsEmpty)
        {
            if (!FrameHeader.TryRead(stream, version, out var delta, out var size, out var consumed)
                || size > (ulong)(stream.Length - consumed))
                throw new MoqProtocolException(MoqErrorCode.WrongSize, "The stream ended inside a frame.");
            timestamp = TimestampDelta.Apply(timestamp, delta);
            frames.Add((timestamp, stream.Slice(consumed, (int)size).ToArray()));
            stream = stream[(consumed + (int)size)..];
        }

        return frames;
    }

    internal static byte[] Write(IEnumerable<(ulong Timestamp, byte[] Payload)> frames, MoqVersion version)
    {
        var bytes = new List<byte>();
        var header = new byte[FrameHeader.MaxSize];
        var previous = 0UL;
        foreach (var (timestamp, payload) in frames)
        {
            var n = FrameHeader.Write(header, (ulong)payload.Length, version, TimestampDelta.Between(previous, timestamp));
            bytes.AddRange(header.AsSpan(0, n));
            bytes.AddRange(payload);
            previous = timestamp;
        }

        return [.. bytes];
    }

    private static IEnumerable<TestCaseData> Of(string section, string message) =>
        Vectors.Spoken(section).Where(v => v.Text("message") == message).Select(Vectors.Case);
}
