using System.Text.Json;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>Decodes and encodes what two reference sessions wrote, and what a reference subscriber was sent.</summary>
public sealed class TranscriptVectorTests
{
    // The announcements of these are malformed on purpose.
    private static readonly string[] Malformed =
    [
        "lite-03/invalid-status", "lite-04/invalid-status", "lite-05/invalid-status", "lite-05/announcement-before-ANNOUNCE_OK",
        "lite-06/start-before-ok", "lite-06/repeated-hop",
    ];

    private static IEnumerable<TestCaseData> Transcripts() => Vectors.Spoken("transcripts").Select(Vectors.Case);

    private static IEnumerable<TestCaseData> Subscribers() => Vectors.Spoken("asSubscriber").Select(Vectors.Case);

    [TestCaseSource(nameof(Transcripts))]
    public void Transcript_DecodesAndEncodesToItsBytes(JsonElement vector)
    {
        var version = vector.Version();
        foreach (var stream in vector.GetProperty("streams").EnumerateArray())
        {
            var isBidi = stream.Text("kind") == "bidi";
            var opened = Hex(stream, "opened", version == MoqVersion.Lite06 && isBidi ? "opener" : "bytes");
            Assert.That(StreamWalk.Opener(opened, isBidi, version), Is.EqualTo(opened));
            if (isBidi && stream.TryGetProperty("response", out _))
            {
                var response = Hex(stream, "response", "response");
                Assert.That(StreamWalk.Response(response, (BidiStreamType)opened[0], version), Is.EqualTo(response));
            }
        }

        if (!vector.TryGetProperty("datagrams", out var datagrams))
            return;
        foreach (var datagram in datagrams.EnumerateArray())
            Assert.That(DatagramHeader.TryRead(datagram.Bytes(), version, out _, out _), Is.True);
    }

    [TestCaseSource(nameof(Subscribers))]
    public void WhatASubscriberReads_DecodesAndEncodesToItsBytes(JsonElement vector)
    {
        var version = vector.Version();
        var request = vector.Bytes("request");
        var writes = vector.GetProperty("publisherWrites").EnumerateArray();
        byte[] response = [.. writes.SelectMany(write => Convert.FromHexString(write.GetString()!))];
        var type = (BidiStreamType)request[0];

        Assert.That(StreamWalk.Opener(request, true, version), Is.EqualTo(request));
        if (Malformed.Contains(vector.Text("name")))
            Assert.That(() => StreamWalk.Response(response, type, version), Throws.TypeOf<MoqProtocolException>());
        else
            Assert.That(StreamWalk.Response(response, type, version), Is.EqualTo(response).Or.EqualTo(Normalized(response)));
        if (!vector.TryGetProperty("groups", out var groups))
            return;
        foreach (var group in groups.EnumerateArray().Select(group => group.Bytes()))
        {
            if (vector.Text("name").EndsWith("mid-frame", StringComparison.Ordinal))
                Assert.That(() => StreamWalk.Opener(group, false, version), Throws.TypeOf<MoqProtocolException>());
            else
                Assert.That(StreamWalk.Opener(group, false, version), Is.EqualTo(group));
        }
    }

    // The only message among the vectors whose path is not normalized, "second-start-unnormalised".
    private static byte[] Normalized(byte[] response) => Convert.FromHexString(
        Convert.ToHexString(response).Replace("0007032F612F000000", "00050161000000", StringComparison.Ordinal));

    // The two files name the bytes of a stream differently.
    private static byte[] Hex(JsonElement stream, string object05, string text06) =>
        stream.TryGetProperty(object05, out var value) && value.ValueKind == JsonValueKind.Object ? value.Bytes() : stream.Bytes(text06);
}
