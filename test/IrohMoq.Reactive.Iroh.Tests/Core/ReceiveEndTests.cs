using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The ways in which the receiving part of a stream ends.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ReceiveEndTests
{
    private static readonly TransportEnd Closed = new(TransportEndCause.ClosedByApplication, 3, "over", IsRemote: true);

    [Test]
    public void FinishedStream_IsReadToItsEnd_AndNeedsAStopOnlyWhileBytesAreUnread()
    {
        var end = default(ReceiveEnd);
        end.OnData(fin: false);
        Assert.That((end.IsFinished, end.IsComplete), Is.EqualTo((false, false)));
        end.OnData(fin: true);
        end.OnData(fin: false);
        end.OnClosed(Closed);
        Assert.That((end.IsFinished, end.IsComplete, end.Failure(4, false)), Is.EqualTo((true, true, (Exception?)null)));
        var isStopped = (end.TryStop(1, hasUnread: false), end.TryStop(1, hasUnread: true));
        Assert.That((isStopped, end.IsStopped), Is.EqualTo(((false, true), true)));
    }

    [Test]
    public void FirstOfResetAndStop_Counts([Values] bool isStopFirst)
    {
        var end = default(ReceiveEnd);
        var first = isStopFirst ? end.TryStop(1, false) : end.TryReset(1);
        var second = isStopFirst ? end.TryReset(2) : end.TryStop(2, false);
        Assert.That((first, second, end.IsStopped), Is.EqualTo((true, false, isStopFirst)));
        var stops = (end.TakeStop(), end.TakeStop());
        Assert.That(stops, Is.EqualTo((isStopFirst ? 1 : (ulong?)null, (ulong?)null)));
        var failure = end.Failure(4, hasUnread: false) as TransportStreamException;
        Assert.That((failure?.Code, failure?.IsRemote), Is.EqualTo(((ulong?)1, (bool?)!isStopFirst)));
    }

    [Test]
    public void UnreadBytes_AreReadBeforeTheEndOfTheConnection()
    {
        var end = default(ReceiveEnd);
        end.OnClosed(Closed);
        Assert.That((end.IsComplete, end.Failure(4, hasUnread: true)), Is.EqualTo((true, (Exception?)null)));
        Assert.That((end.Failure(4, hasUnread: false) as TransportClosedException)?.End, Is.EqualTo(Closed));
    }

    [Test]
    public void StreamThatOnlyNgtcp2HasClosed_HasNoFailure()
    {
        var end = default(ReceiveEnd);
        end.OnClosed(null);
        Assert.That((end.IsComplete, end.Failure(4, hasUnread: false)), Is.EqualTo((true, (Exception?)null)));
    }

    [Test]
    public void DroppedBytes_FailTheReader_AlthoughTheLastByteHasArrived([Values] bool hasUnread)
    {
        var end = default(ReceiveEnd);
        end.OnData(fin: true);
        end.OnDropped(Closed, hasUnread);
        Assert.That(end.Failure(4, hasUnread: false), hasUnread ? Is.TypeOf<TransportClosedException>() : Is.Null);
    }
}
