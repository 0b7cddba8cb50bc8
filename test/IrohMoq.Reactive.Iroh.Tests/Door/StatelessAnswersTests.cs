using System.Net;
using System.Runtime.InteropServices;
using CsCheck;
using IrohMoq.Load.Flood;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public unsafe class StatelessAnswersTests
{
    private const ulong Second = 1_000_000_000;
    private static readonly NetworkPath Path = new(default, NetworkAddress.From(new IPEndPoint(IPAddress.Loopback, 1)));

    [Test]
    public void AllAnswersTogether_AreLimited()
    {
        using var sink = new Sink();
        using var settings = ClientCore.CreateSettings();
        using var tokens = new RetryTokens();
        var answers = new StatelessAnswers(sink, settings.ResetSecret, tokens);
        var header = Header();
        for (var i = 0; i < 1_000; i++)
        {
            answers.Refuse(Path, &header, Refusal.ConnectionRefused, Refusal.BusyText, Second);
            answers.Reset(Path, ConnectionId.From(new byte[8]), 1200, Second);
            Negotiate(answers, 8, 8, Second);
        }

        Assert.That(sink.Lengths, Has.Count.EqualTo(1_000));
        for (var i = 0; i < 5_000; i++)
            answers.Retry(Path, &header, Second);
        Assert.That(sink.Lengths, Has.Count.EqualTo(1_500), "Retry packets are limited apart");
        Assert.That(sink.Lengths, Has.All.LessThan(200));
    }

    [Test]
    public void VersionNegotiation_IsShorterThanAnyPacketThatCausesIt() =>
        Gen.Select(Gen.Int[0, 255], Gen.Int[0, 255]).Sample(static (dcid, scid) =>
        {
            using var sink = new Sink();
            using var settings = ClientCore.CreateSettings();
            using var tokens = new RetryTokens();
            Negotiate(new StatelessAnswers(sink, settings.ResetSecret, tokens), dcid, scid, Second);
            return sink.Lengths.Count == 1 && sink.Lengths[0] <= 528;
        }, iter: 100);

    private static NgPacketHeader Header()
    {
        NgPacketHeader header = default;
        header.Version = Ngtcp2.Version1;
        ConnectionId.From(new byte[8]).CopyTo(&header.Dcid);
        ConnectionId.From(new byte[8]).CopyTo(&header.Scid);
        return header;
    }

    private static void Negotiate(StatelessAnswers answers, int dcid, int scid, ulong now)
    {
        var bytes = stackalloc byte[255];
        NgVersionCid ids;
        ids.Version = 0xbabababa;
        ids.Dcid = ids.Scid = bytes;
        ids.DcidLength = (nuint)dcid;
        ids.ScidLength = (nuint)scid;
        answers.NegotiateVersion(Path, &ids, now);
    }

    private sealed class Sink : IDatagramSink, IDisposable
    {
        public byte* Buffer { get; } = (byte*)NativeMemory.Alloc(PacketBatch.BufferSize);

        public List<int> Lengths { get; } = [];

        public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
        {
            Lengths.Add(datagrams.Length);
            return true;
        }

        public void Dispose() => NativeMemory.Free(Buffer);
    }
}
