using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The data of one stream, as the packets of one turn take it.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed unsafe class SendTurnTests : IDisposable
{
    private const int Uni = 2;
    private const int Packet = 1_400;
    private readonly CoreSettings _settings = TestSettings.Create(budget: 1 << 20);
    private readonly StreamTable _streams;

    // Scheduling needs no native connection.
    public SendTurnTests() =>
        _streams = new StreamTable(null!, null!, null!, _settings, new ReceiveAccount(_settings.Budget), isServer: false);

    public void Dispose() => _settings.Dispose();

    [Test]
    public void Packet_GetsOnlyTheVectorsThatItCanTake_AndTheEndWithTheLast()
    {
        var stream = Create(blocks: 4, size: 1_000);
        stream.TryFinish();
        var vectors = stackalloc NgVec[SendTurn.MaxVectors];
        var turn = Begin(stream, vectors);
        // The second vector reaches beyond the packet.
        Assert.That(Offer(turn), Is.EqualTo((2, 0u, 2_000L)));
        turn.OnSent(1_390, isFin: false);
        Assert.That(Offer(turn), Is.EqualTo((2, 0u, 1_610L)));
        turn.OnSent(1_390, isFin: false);
        Assert.That(Offer(turn), Is.EqualTo((2, Ngtcp2.WriteFin, 1_220L)));
        Assert.That((stream.Unsent, stream.Offset), Is.EqualTo((4_000L, 2_780L)), "the stream is told at the end of the turn");
        turn.OnSent(1_220, isFin: true);
        Assert.That((turn.Stream, stream.Unsent, stream.Offset), Is.EqualTo(((SendStreamState?)null, 0L, 4_000L)));
        Assert.That((stream.IsSent, _streams.Schedule.First), Is.EqualTo((true, (ScheduledItem?)null)));
    }

    [Test]
    public void EndOfTheTurn_KeepsWhatIsLeft()
    {
        var stream = Create(blocks: 2, size: 1_000);
        var vectors = stackalloc NgVec[SendTurn.MaxVectors];
        var turn = Begin(stream, vectors);
        turn.OnSent(300, isFin: false);
        turn.End();
        Assert.That((turn.Stream, _streams.Schedule.First), Is.EqualTo(((SendStreamState?)null, (ScheduledItem)stream)));
        Assert.That(turn.TryBegin(stream), Is.True);
        Assert.That(Offer(turn).Bytes, Is.EqualTo(1_700));
    }

    [Test]
    public void TurnOfAnotherStream_EndsTheFirst()
    {
        var first = Create(blocks: 1, size: 100);
        var second = Create(blocks: 1, size: 200, id: Uni + 4);
        var vectors = stackalloc NgVec[SendTurn.MaxVectors];
        var turn = Begin(first, vectors);
        turn.OnSent(60, isFin: false);
        Assert.That((turn.TryBegin(second), first.Unsent), Is.EqualTo((true, 40L)));
        Assert.That(Offer(turn).Bytes, Is.EqualTo(200));
    }

    [Test]
    public void MoreDataThanVectors_NeedsAnotherTurn()
    {
        var stream = Create(blocks: SendTurn.MaxVectors + 2, size: 300);
        stream.TryFinish();
        var vectors = stackalloc NgVec[SendTurn.MaxVectors];
        var turn = Begin(stream, vectors);
        for (var i = 0; i < SendTurn.MaxVectors; i++)
            turn.OnSent(300, isFin: false);
        Assert.That((turn.Stream, _streams.Schedule.First), Is.EqualTo(((SendStreamState?)null, (ScheduledItem)stream)));
        Assert.That(turn.TryBegin(stream), Is.True);
        Assert.That(Offer(turn), Is.EqualTo((2, Ngtcp2.WriteFin, 600L)));
    }

    [Test]
    public void EndAlone_IsAnOfferWithoutBytes_AndStreamWithoutDataHasNoTurn()
    {
        var stream = Create(blocks: 0, size: 0);
        var vectors = stackalloc NgVec[SendTurn.MaxVectors];
        var turn = new SendTurn(_streams, vectors);
        Assert.That((turn.TryBegin(stream), turn.Stream), Is.EqualTo((false, (SendStreamState?)null)));
        stream.TryFinish();
        Assert.That((turn.TryBegin(stream), Offer(turn)), Is.EqualTo((true, (0, Ngtcp2.WriteFin, 0L))));
        turn.OnSent(0, isFin: true);
        Assert.That((turn.Stream, stream.IsSent), Is.EqualTo(((SendStreamState?)null, true)));
    }

    [Test]
    public void TurnInWhichNothingWasSent_ChangesNothing()
    {
        var stream = Create(blocks: 1, size: 100);
        var vectors = stackalloc NgVec[SendTurn.MaxVectors];
        var turn = Begin(stream, vectors);
        turn.End();
        turn.End();
        Assert.That((stream.Unsent, stream.HasWork, _streams.Schedule.First), Is.EqualTo((100L, true, (ScheduledItem)stream)));
    }

    private static (int Count, uint Flags, long Bytes) Offer(in SendTurn turn)
    {
        _ = turn.Offer(Packet, out var count, out var flags, out var bytes);
        return (count, flags, bytes);
    }

    private SendTurn Begin(Sending stream, NgVec* vectors)
    {
        var turn = new SendTurn(_streams, vectors);
        Assert.That(turn.TryBegin(stream), Is.True);
        return turn;
    }

    private Sending Create(int blocks, int size, long id = Uni)
    {
        var stream = new Sending(id, _settings);
        for (var i = 0; i < blocks; i++)
            stream.Write(size);
        _streams.Schedule.Add(stream);
        return stream;
    }

    private sealed class Sending(long id, CoreSettings settings) : SendStreamState(id, settings)
    {
        /// <summary>The number of bytes that count as not sent.</summary>
        public long Unsent
        {
            get
            {
                const int Most = SendTurn.MaxVectors * 2;
                var vectors = stackalloc NgVec[Most];
                var total = 0L;
                for (var left = Peek(vectors, Most, out _) - 1; left >= 0; left--)
                    total += (long)vectors[left].Length;
                return total;
            }
        }

        public void Write(int length)
        {
            lock (Gate)
                Enqueue(new byte[length], default);
        }

        protected override void OnWritable()
        {
        }

        protected override void OnEnded(StreamEnd end)
        {
        }
    }
}
