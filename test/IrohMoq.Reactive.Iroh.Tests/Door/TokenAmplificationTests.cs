using System.Net;
using System.Runtime.InteropServices;
using IrohMoq.Load.Flood;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A server sends no more than three times what has arrived, until the client has proved its address.</summary>
[Parallelizable(ParallelScope.All)]
public class TokenAmplificationTests
{
    [TestCase(0)]
    [TestCase(24)]
    [TestCase(90)]
    [TestCase(400)]
    public void SilentClient_GetsNoMoreThanThreeTimes_WhateverTokenItSends(int length)
    {
        using var listener = new ServerSide();
        using var settings = ClientCore.CreateSettings();
        using var client = new ClientCore(settings, listener.Id, [Endpoints.Protocol], 1);
        var first = client.TakeSent()[0];
        if (length > 0)
            first = listener.WithToken(client, first, length);
        listener.Accept(first);
        listener.RunToTheEnd();
        Assert.That(listener.End?.Cause, Is.EqualTo(TransportEndCause.TimedOut));
        Assert.That(listener.BytesSent, Is.GreaterThan(0).And.LessThanOrEqualTo(3 * first.Length));
    }

    /// <summary>A server core in virtual time.</summary>
    private sealed unsafe class ServerSide : ICoreEvents, IDatagramSink, IDisposable
    {
        private static readonly NetworkPath Path = new(
            NetworkAddress.From(new IPEndPoint(IPAddress.Loopback, 1)), NetworkAddress.From(new IPEndPoint(IPAddress.Loopback, 2)));

        private readonly CoreSettings _settings = ClientCore.CreateSettings();
        private QuicCore? _core;

        public ServerSide() => Buffer = (byte*)NativeMemory.Alloc(PacketBatch.BufferSize);

        public EndpointId Id { get; } = SecretKey.Generate().Id;

        public byte* Buffer { get; }

        public long FairShare => long.MaxValue;

        public long BytesSent { get; private set; }

        public TransportEnd? End { get; private set; }

        public byte[] WithToken(ClientCore client, byte[] first, int length)
        {
            var token = new byte[length];
            NgPacketHeader header;
            NgCid scid;
            ConnectionId.From([1, 2, 3, 4, 5, 6, 7, 8]).CopyTo(&scid);
            fixed (byte* packet = first, bytes = token)
            {
                Assert.That(Ngtcp2.Accept(&header, packet, (nuint)first.Length), Is.Zero);
                var written = CryptoGnuTls.WriteRetry(
                    Buffer, 1200, Ngtcp2.Version1, &header.Scid, &scid, &header.Dcid, bytes, (nuint)length);
                client.Receive(new ReadOnlySpan<byte>(Buffer, (int)written), 2);
            }

            return client.TakeSent().Single();
        }

        public void Accept(byte[] first)
        {
            NgPacketHeader header;
            fixed (byte* packet = first)
            {
                Assert.That(Ngtcp2.Accept(&header, packet, (nuint)first.Length), Is.Zero);
                _core = QuicCore.Accept(
                    _settings, this, this, new ReceiveAccount(_settings.Budget), [Endpoints.Protocol], Path, &header, 10);
            }

            _core.Receive(Path, first, first.Length, 10);
            _core.Flush(10);
        }

        public void RunToTheEnd()
        {
            for (var steps = 0; _core!.Expiry != ulong.MaxValue && steps < 1000; steps++)
            {
                var now = _core.Expiry;
                _core.HandleExpiry(now);
                _core.Flush(now);
            }
        }

        public bool Send(in NetworkPath path, ReadOnlySpan<byte> datagrams, int segment)
        {
            BytesSent += datagrams.Length;
            return true;
        }

        public void OnEnded(TransportEnd end, byte[]? closePacket, ulong closingEnds) => End = end;

        public void Dispose()
        {
            NativeMemory.Free(Buffer);
            _settings.Dispose();
        }

        public QuicStream OnStreamOpened(long id) => throw new NotSupportedException("The client is silent.");

        public void OnHandshakeCompleted() => throw new NotSupportedException("The client is silent.");

        public void OnHandshakeConfirmed() => throw new NotSupportedException("The client is silent.");

        public void OnStreamLimit(bool isUni, ulong streams)
        {
            // The client is silent.
        }

        public void OnDatagram(ReadOnlySpan<byte> payload)
        {
            // No datagrams are sent here.
        }

        public void OnIdIssued(ConnectionId id)
        {
            // Datagrams are not routed.
        }

        public void OnIdRetired(ConnectionId id)
        {
            // Datagrams are not routed.
        }

        public void OnTokenIssued(ResetToken token)
        {
            // Datagrams are not routed.
        }

        public void OnTokenRetired(ResetToken token)
        {
            // Datagrams are not routed.
        }
    }
}
