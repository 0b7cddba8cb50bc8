using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The work of the application on a connection, until the I/O thread takes it.</summary>
[Parallelizable(ParallelScope.All)]
public class PendingWorkTests
{
    private static readonly TransportEnd Closed = new(TransportEndCause.ClosedByApplication, 3, "over", IsRemote: true);

    [Test]
    public async Task Stream_IsAddedOnceUntilItIsTaken()
    {
        await using var loop = new TestLoop();
        var connection = Create(loop);
        var (send, receive) = (new QuicSendStream(connection, 0), new QuicReceiveStream(connection, 0));
        for (var i = 0; i < 2; i++)
        {
            connection.Work.Add(send);
            connection.Work.Add(send);
            connection.Work.Add(receive);
            connection.Work.Add(receive);
            var work = connection.Work.Take();
            Assert.That((work.Sending, work.Receiving), Is.EqualTo((new[] { send }, new[] { receive })));
            work.Clear();
        }

        Assert.That(connection.Work.Take().Sending, Is.Empty);
    }

    [Test]
    public async Task StreamCredit_IsAddedUp()
    {
        await using var loop = new TestLoop();
        var connection = Create(loop);
        connection.Work.AddStreamCredit(isUni: true);
        connection.Work.AddStreamCredit(isUni: true);
        connection.Work.AddStreamCredit(isUni: false);
        var work = connection.Work.Take();
        Assert.That((work.UniCredit, work.BidiCredit), Is.EqualTo((2, 1)));
        work.Clear();
        Assert.That((work.UniCredit, work.BidiCredit), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task FirstClose_Counts_AndNoneAfterTheEnd()
    {
        await using var loop = new TestLoop();
        var connection = Create(loop);
        connection.Work.Close(1, "first");
        connection.Work.Close(2, "second");
        var work = connection.Work.Take();
        Assert.That(work.Close, Is.EqualTo((1UL, "first")));
        work.Clear();
        connection.Work.Complete(Closed);
        connection.Work.Close(4, "late");
        Assert.That(connection.Work.Take().Close, Is.Null);
    }

    [Test]
    public async Task EndOfTheConnection_ReturnsTheStreamsThatWereNotOpened_AndRejectsOthers()
    {
        await using var loop = new TestLoop();
        var connection = Create(loop);
        var stream = new QuicStream(0, isOurs: true, new QuicSendStream(connection, 0), new QuicReceiveStream(connection, 0));
        connection.Work.Open(stream);
        Assert.That(connection.Work.Complete(Closed), Is.EqualTo(new[] { stream }));
        Assert.That(connection.Work.End, Is.EqualTo(Closed));
        Assert.That(connection.Work.Take().Opened, Is.Empty);
        Assert.That(() => connection.Work.Open(stream), Throws.TypeOf<TransportClosedException>());
    }

    private static QuicConnection Create(TestLoop loop) => new(loop.Loop, ThreadPoolRuntime.Instance);
}
