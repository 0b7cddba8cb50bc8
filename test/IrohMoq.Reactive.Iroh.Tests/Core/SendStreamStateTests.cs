using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The sending part of a stream, with the calls that its writer and the core make.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SendStreamStateTests : IDisposable
{
    private const int Uni = 2;
    private const int Bidi = 0;
    private const int Queue = 1_000;
    private static readonly TransportEnd Closed = new(TransportEndCause.ClosedByApplication, 3, "over", IsRemote: true);

    private readonly CoreSettings _settings = TestSettings.Create(budget: 5_000) with { SendQueue = Queue };

    public void Dispose() => _settings.Dispose();

    [TestCase(Uni)]
    [TestCase(Bidi)]
    public void FinishedStream_EndsWhenAllIsAcknowledged(long id)
    {
        var stream = Create(id);
        stream.Write(10);
        Assert.That((stream.TryFinish(), stream.TryFinish(), stream.HasWork), Is.EqualTo((true, false, true)));
        Assert.That(stream.Peek(), Is.EqualTo((10, true)));
        Assert.That((stream.OnSent(4, fin: false), stream.Peek(), stream.IsSent), Is.EqualTo((true, (6, true), false)));
        Assert.That((stream.OnSent(6, fin: true), stream.IsSent, stream.HasWork), Is.EqualTo((false, true, false)));
        stream.Acknowledge(9);
        Assert.That(stream.End, Is.Null);
        stream.Acknowledge(1);
        // ngtcp2 closes a unidirectional stream at the same time, and a bidirectional one when the other direction has ended too.
        Assert.That(stream.End, Is.EqualTo(id == Bidi ? new StreamEnd(StreamEndCause.Acknowledged, 0) : (StreamEnd?)null));
        stream.OnClosed(0);
        Assert.That((stream.End, stream.Ends), Is.EqualTo((new StreamEnd(StreamEndCause.Acknowledged, 0), 1)));
        AssertNoMemory();
    }

    [Test]
    public void EndThatIsSentAlone_IsAcknowledgedByItself()
    {
        var stream = Create(Bidi);
        stream.Write(10);
        stream.OnSent(10, fin: false);
        stream.TryFinish();
        Assert.That(stream.Peek(), Is.EqualTo((0, true)), "an end needs no bytes");
        stream.OnSent(0, fin: true, isFinAlone: true);
        stream.Acknowledge(10);
        Assert.That(stream.End, Is.Null, "the bytes are acknowledged, and the end is not");
        stream.Acknowledge(0);
        Assert.That(stream.End, Is.EqualTo(new StreamEnd(StreamEndCause.Acknowledged, 0)));
    }

    [Test]
    public void Acknowledgments_AreAddedUpUntilTheyAreTaken()
    {
        var stream = Create(Bidi);
        stream.Write(10);
        stream.TryFinish();
        stream.OnSent(10, fin: true);
        var isFirst = (stream.OnAcknowledged(4), stream.OnAcknowledged(6));
        Assert.That((isFirst, stream.End, _settings.Budget.Used), Is.EqualTo(((true, false), (StreamEnd?)null, 10L)));
        stream.TakeAcknowledged();
        Assert.That((stream.End?.Cause, _settings.Budget.Used), Is.EqualTo(((StreamEndCause?)StreamEndCause.Acknowledged, 0L)));
        Assert.That(stream.OnAcknowledged(0), Is.True, "the sum begins again");
    }

    [Test]
    public void AcknowledgmentsThatAreNotTaken_CountWhenTheStreamIsClosed()
    {
        var stream = Create(Uni);
        stream.Write(10);
        stream.TryFinish();
        stream.OnSent(10, fin: true);
        stream.OnAcknowledged(10);
        stream.OnConnectionClosed(Closed);
        Assert.That(stream.End?.Cause, Is.EqualTo(StreamEndCause.ConnectionClosed));
        AssertNoMemory();

        var other = Create(Uni);
        other.Write(10);
        other.TryFinish();
        other.OnSent(10, fin: true);
        other.OnAcknowledged(10);
        other.OnClosed(0);
        Assert.That(other.End?.Cause, Is.EqualTo(StreamEndCause.Acknowledged));
        AssertNoMemory();
    }

    [Test]
    public void WriterThatWaits_IsWokenWhenHalfOfTheQueueIsFree()
    {
        var stream = Create(Uni);
        stream.Write(Queue);
        Assert.That(stream.HasToWait, Is.False);
        stream.Write(1);
        Assert.That((stream.HasToWait, stream.CanContinue), Is.EqualTo((true, false)));
        stream.OnSent(500, fin: false);
        Assert.That((stream.Wakes, stream.CanContinue), Is.EqualTo((0, false)));
        stream.OnSent(1, fin: false);
        Assert.That((stream.Wakes, stream.CanContinue), Is.EqualTo((1, true)));
        stream.OnSent(100, fin: false);
        Assert.That(stream.Wakes, Is.EqualTo(1), "once, not at each packet");
        stream.OnSent(400, fin: false);
        Assert.That(stream.Wakes, Is.EqualTo(2), "all is sent");
    }

    [Test]
    public void WriterWaitsForTheBudget_OrUntilAllIsSent()
    {
        var (stream, other) = (Create(Uni), Create(Uni + 4));
        for (var i = 0; i < 6; i++)
            other.Write(1_000);
        stream.Write(1);
        Assert.That((stream.HasToWait, stream.CanContinue), Is.EqualTo((true, false)));
        stream.OnSent(1, fin: false);
        Assert.That((stream.HasToWait, stream.CanContinue), Is.EqualTo((true, true)), "the others use the budget up");
        other.OnSent(2_000, fin: false);
        other.Acknowledge(2_000);
        Assert.That(stream.HasToWait, Is.False);
        other.OnConnectionClosed(Closed);
        stream.OnConnectionClosed(Closed);
        AssertNoMemory();
    }

    [Test]
    public void ResetAfterTheFirstByte_IsSentAtOnce_AndDropsTheRest([Values(Uni, Bidi)] long id)
    {
        var stream = Create(id);
        stream.Write(100);
        stream.OnSent(30, fin: false);
        Assert.That((stream.TryReset(7), stream.TryReset(8), stream.TryFinish()), Is.EqualTo((true, false, false)));
        Assert.That((stream.Peek(), stream.HasWork, stream.IsResetWanted), Is.EqualTo(((-1, false), false, true)));
        Assert.That((stream.TakeReset(), stream.TakeReset()), Is.EqualTo(((ulong?)7, (ulong?)null)));
        Assert.That(_settings.Budget.Used, Is.EqualTo(30), "what is sent is kept until it is acknowledged or the stream is closed");
        stream.OnClosed(7);
        Assert.That((stream.End, stream.Ends), Is.EqualTo((new StreamEnd(StreamEndCause.Reset, 7), 1)));
        AssertNoMemory();
    }

    /// <summary>A peer on ngtcp2 never closes a unidirectional stream whose first frame is a reset.</summary>
    [TestCase(0, 0)]
    [TestCase(50, 1)]
    public void UnidirectionalStreamThatIsResetAtOnce_IsOpenedFirst(int written, int opening)
    {
        var stream = Create(Uni);
        stream.Write(written);
        stream.TryReset(7);
        Assert.That((stream.HasWork, stream.TakeReset(), stream.Peek()), Is.EqualTo((true, (ulong?)null, (opening, false))));
        Assert.That((stream.OnSent(opening, fin: false), stream.TakeReset(), stream.HasWork), Is.EqualTo((false, (ulong?)7, false)));
        stream.OnClosed(7);
        AssertNoMemory();
    }

    [Test]
    public void BidirectionalStreamThatIsResetAtOnce_NeedsNoOpening()
    {
        var stream = Create(Bidi);
        stream.Write(50);
        stream.TryReset(7);
        Assert.That((stream.TakeReset(), stream.End), Is.EqualTo(((ulong?)7, (StreamEnd?)new StreamEnd(StreamEndCause.Reset, 7))));
    }

    [Test]
    public void FinishedStream_CanBeReset_UntilItIsOver()
    {
        var stream = Create(Uni);
        stream.Write(10);
        stream.TryFinish();
        stream.OnSent(10, fin: true);
        Assert.That(stream.TryReset(9), Is.True);
        stream.TakeReset();
        stream.Acknowledge(10);
        stream.OnClosed(9);
        Assert.That((stream.End, stream.TryReset(9)), Is.EqualTo((new StreamEnd(StreamEndCause.Reset, 9), false)));
    }

    [Test]
    public void StoppedStream_DropsTheRest_AndFailsItsWriter([Values(Uni, Bidi)] long id)
    {
        var stream = Create(id);
        stream.Write(100);
        stream.OnSent(40, fin: false);
        stream.OnStopped(5);
        stream.OnStopped(6);
        Assert.That((stream.Wakes > 0, stream.Peek()), Is.EqualTo((true, (-1, false))));
        Assert.That((stream.TryReset(1), stream.TryFinish()), Is.EqualTo((false, false)));
        var failure = stream.WriteFailure as TransportStreamException;
        Assert.That((failure?.Code, failure?.IsRemote), Is.EqualTo(((ulong?)5, (bool?)true)));
        Assert.That(_settings.Budget.Used, Is.EqualTo(40));
        stream.OnClosed(0);
        Assert.That((stream.End, stream.Ends), Is.EqualTo((new StreamEnd(StreamEndCause.Stopped, 5), 1)));
        AssertNoMemory();
    }

    [Test]
    public void StreamThatIsClosedWithBytesLeft_WasStopped()
    {
        var stream = Create(Uni);
        stream.Write(100);
        stream.OnSent(40, fin: false);
        stream.OnClosed(12);
        Assert.That(stream.End, Is.EqualTo(new StreamEnd(StreamEndCause.Stopped, 12)));
        Assert.That((stream.WriteFailure as TransportStreamException)?.Code, Is.EqualTo(12));
        AssertNoMemory();
    }

    [Test]
    public void EndOfTheConnection_EndsTheStream_UnlessItHasEnded()
    {
        var (open, reset, stopped, done) = (Create(Uni), Create(Uni + 4), Create(Uni + 8), Create(Bidi));
        foreach (var stream in new[] { open, reset, stopped })
            stream.Write(10);
        reset.TryReset(1);
        stopped.OnStopped(2);
        done.TryFinish();
        done.OnSent(0, fin: true);
        done.Acknowledge(0);
        foreach (var stream in new[] { open, reset, stopped, done })
            stream.OnConnectionClosed(Closed);
        Assert.That(
            new[] { open, reset, stopped, done }.Select(static stream => stream.End!.Value.Cause),
            Is.EqualTo(
                new[] { StreamEndCause.ConnectionClosed, StreamEndCause.Reset, StreamEndCause.Stopped, StreamEndCause.Acknowledged }));
        Assert.That((open.WriteFailure as TransportClosedException)?.End, Is.EqualTo(Closed));
        AssertNoMemory();
    }

    [Test]
    public void FinishedStream_TakesNothingMore()
    {
        var stream = Create(Uni);
        Assert.That(stream.WriteFailure, Is.Null);
        stream.TryFinish();
        Assert.That(stream.WriteFailure, Is.TypeOf<TransportStreamException>().With.Message.Contain("finished"));
    }

    [Test]
    public void Order_IsTaken_AndAnEqualOneIsNoChange()
    {
        var stream = Create(Uni);
        var order = new SendOrder(1, 2, 3);
        Assert.That((stream.TakeOrder(), stream.TryReorder(order), stream.TryReorder(order)), Is.EqualTo(((SendOrder?)null, true, false)));
        Assert.That(stream.TakeOrder(), Is.EqualTo(order));
        stream.TryReset(0);
        Assert.That(stream.TryReorder(default), Is.False, "a reset stream has no place");
    }

    private ObservedSendStream Create(long id) => new(id, _settings);

    private void AssertNoMemory() => Assert.That((_settings.Budget.Used, _settings.Pool.BytesOut), Is.EqualTo((0L, 0L)));
}
