using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The ways in which the sending part of a stream ends.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SendEndTests
{
    private static readonly StreamEnd Acknowledged = new(StreamEndCause.Acknowledged, 0);
    private static readonly TransportEnd Closed = new(TransportEndCause.ClosedByApplication, 3, "over", IsRemote: true);

    [Test]
    public void Fin_IsDueUntilItIsSent()
    {
        var end = new SendEnd(isUni: true);
        var finished = (end.TryFinish(), end.TryFinish());
        Assert.That((finished, end.IsFinDue, end.IsCut), Is.EqualTo(((true, false), true, false)));
        end.OnSent(10, fin: true, isFinAlone: false);
        Assert.That((end.IsFinDue, end.IsAcknowledged(false, true), end.IsAcknowledged(true, false)), Is.EqualTo((false, false, true)));
    }

    [Test]
    public void FinThatIsSentAlone_IsAcknowledgedByItself()
    {
        var end = new SendEnd(isUni: false);
        _ = end.TryFinish();
        end.OnSent(0, fin: true, isFinAlone: true);
        Assert.That((end.IsAcknowledged(true, false), end.IsAcknowledged(true, true)), Is.EqualTo((false, true)));
    }

    [TestCase(true, false, true)]
    [TestCase(true, true, false)]
    [TestCase(false, false, false)]
    public void Reset_IsSentAfterTheFirstFrameOfAUnidirectionalStream(bool isUni, bool hasSent, bool opens)
    {
        var end = new SendEnd(isUni);
        if (hasSent)
            end.OnSent(1, fin: false, isFinAlone: false);
        var isReset = (end.TryReset(7), end.TryReset(8));
        Assert.That((isReset, end.OpensBeforeReset, end.IsCut, end.IsResetWanted), Is.EqualTo(((true, false), opens, true, true)));
        if (opens)
        {
            Assert.That(end.TakeReset(), Is.Null);
            end.OnSent(0, fin: false, isFinAlone: false);
        }

        var taken = (end.TakeReset(), end.TakeReset());
        Assert.That(taken, Is.EqualTo(((ulong?)7, (ulong?)null)));
    }

    [Test]
    public void FirstOfResetAndStop_Counts([Values] bool isStopFirst)
    {
        var end = new SendEnd(isUni: true);
        var first = isStopFirst ? end.TryStop(1) : end.TryReset(1);
        var second = isStopFirst ? end.TryReset(2) : end.TryStop(2);
        Assert.That((first, second, end.TryFinish()), Is.EqualTo((true, false, false)));
        var expected = new StreamEnd(isStopFirst ? StreamEndCause.Stopped : StreamEndCause.Reset, 1);
        Assert.That((end.OnClosed(isAll: true, 9), end.OnConnectionClosed(Closed)), Is.EqualTo((expected, expected)));
        Assert.That(end.Failure(4), Is.TypeOf<TransportStreamException>().With.Property("IsRemote").EqualTo(isStopFirst));
    }

    [TestCase(true, true, StreamEndCause.Acknowledged, 0UL)]
    [TestCase(true, false, StreamEndCause.Stopped, 9UL)]
    [TestCase(false, true, StreamEndCause.Stopped, 9UL)]
    public void ClosedStream_WasStopped_UnlessAllIsAcknowledged(bool fin, bool isAll, StreamEndCause cause, ulong code)
    {
        var end = new SendEnd(isUni: true);
        end.OnSent(10, fin, isFinAlone: false);
        Assert.That(end.OnClosed(isAll, 9), Is.EqualTo(new StreamEnd(cause, code)));
    }

    [Test]
    public void Result_IsSetOnce()
    {
        var end = new SendEnd(isUni: false);
        Assert.That(end.Failure(4), Is.Null);
        var isSet = (end.TryEnd(Acknowledged), end.TryEnd(new StreamEnd(StreamEndCause.Reset, 1)));
        Assert.That((isSet, end.Result, end.IsCut), Is.EqualTo(((true, false), Acknowledged, true)));
        Assert.That(end.Failure(4), Is.TypeOf<TransportStreamException>().With.Message.Contain("finished"));
    }

    [Test]
    public void EndOfTheConnection_FailsTheWriter()
    {
        var end = new SendEnd(isUni: false);
        Assert.That(end.OnConnectionClosed(Closed), Is.EqualTo(new StreamEnd(StreamEndCause.ConnectionClosed, 0)));
        Assert.That((end.Failure(4) as TransportClosedException)?.End, Is.EqualTo(Closed));
    }
}
