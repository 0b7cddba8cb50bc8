using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The tables by which datagrams find their connection.</summary>
[Parallelizable(ParallelScope.All)]
public class ConnectionTableTests
{
    private const int MaxAnswers = 8;
    private const int Length = 1200;
    private static readonly ConnectionId A = ConnectionId.From([1, 2, 3, 4, 5, 6, 7, 8]);
    private static readonly ConnectionId B = ConnectionId.From([1, 2, 3, 4, 5, 6, 7, 9]);
    private static readonly ResetToken Token = ResetToken.From(new byte[ResetToken.Size]);

    [Test]
    public async Task Connection_IsFoundByEachOfItsIds_UntilTheIdIsRemoved()
    {
        await using var loop = new TestLoop();
        var (connection, other) = (loop.Create(), loop.Create());
        var table = new ConnectionTable();
        table.Add(A, connection);
        table.Add(B, connection);
        Assert.That((table.Find(A), table.Find(B), table.Count), Is.EqualTo((connection, connection, 1)));
        table.Remove(A, other);
        Assert.That(table.Find(A), Is.SameAs(connection), "it is not the other's id");
        table.Remove(A, connection);
        Assert.That(
            (table.Find(A), table.Find(B), table.IsRetired(A, Length, out _)),
            Is.EqualTo(((DrivenConnection?)null, connection, false)));
    }

    [Test]
    public async Task Token_IsRemovedOnlyByItsConnection()
    {
        await using var loop = new TestLoop();
        var (connection, other) = (loop.Create(), loop.Create());
        var table = new ConnectionTable();
        table.Add(Token, connection);
        table.Remove(Token, other);
        Assert.That(table.Find(Token), Is.SameAs(connection));
        table.Remove(Token, connection);
        Assert.That(table.Find(Token), Is.Null);
    }

    [Test]
    public async Task EndedConnection_AnswersEightLatePackets_AndIsForgotten()
    {
        await using var loop = new TestLoop();
        var connection = loop.Dial();
        var id = connection.Core.Ids.Own[0];
        var table = new ConnectionTable();
        table.Add(id, connection);
        byte[] close = [1, 2, 3];
        table.Retire(connection, close, until: 100);
        Assert.That((table.Find(id), table.Count, table.All), Is.EqualTo(((DrivenConnection?)null, 0, Array.Empty<DrivenConnection>())));
        for (var i = 0; i < MaxAnswers + 5; i++)
        {
            Assert.That(table.IsRetired(id, Length, out var answer), Is.True);
            Assert.That(answer, i < MaxAnswers ? Is.SameAs(close) : Is.Null);
        }

        table.Forget(99);
        Assert.That(table.IsRetired(id, Length, out _), Is.True);
        table.Forget(100);
        Assert.That(table.IsRetired(id, Length, out _), Is.False);
    }

    [Test]
    public async Task PeerThatHasNotProvedItsAddress_GetsNoMoreBytesThanItHasSent()
    {
        await using var loop = new TestLoop();
        var connection = loop.Dial();
        var table = new ConnectionTable();
        table.Retire(connection, new byte[50], until: 100);
        Assert.That((table.IsRetired(connection.Core.Ids.Own[0], 49, out var answer), answer), Is.EqualTo((true, (byte[]?)null)));
        Assert.That((table.IsRetired(connection.Core.Ids.Own[0], 50, out answer), answer?.Length), Is.EqualTo((true, 50)));
    }

    [Test]
    public async Task DrainedConnection_AnswersNothing()
    {
        await using var loop = new TestLoop();
        var connection = loop.Dial();
        var table = new ConnectionTable();
        table.Retire(connection, closePacket: null, until: 100);
        Assert.That((table.IsRetired(connection.Core.Ids.Own[0], Length, out var answer), answer), Is.EqualTo((true, (byte[]?)null)));
    }

    /// <summary>The ids of a client's first packets are chosen by the client, so two connections may have had the same one.</summary>
    [Test]
    public async Task IdThatIsUsedAgain_IsForgottenWithTheLaterConnection()
    {
        await using var loop = new TestLoop();
        var connection = loop.Dial();
        var id = connection.Core.Ids.Own[0];
        var table = new ConnectionTable();
        table.Retire(connection, [1], until: 100);
        table.Retire(connection, [2], until: 200);
        table.Forget(150);
        Assert.That((table.IsRetired(id, Length, out var answer), answer), Is.EqualTo((true, new byte[] { 2 })));
        table.Forget(200);
        Assert.That(table.IsRetired(id, Length, out _), Is.False);
    }

    /// <summary>Closing periods have different lengths, so the connection that ended first is not always the first to forget.</summary>
    [Test]
    public async Task ConnectionWithAShortClosingPeriod_IsForgottenAfterThoseBeforeIt_AtTheLatest()
    {
        await using var loop = new TestLoop();
        var (first, second) = (loop.Dial(), loop.Dial());
        var table = new ConnectionTable();
        table.Retire(first, [1], until: 200);
        table.Retire(second, [2], until: 100);
        table.Forget(199);
        Assert.That(table.IsRetired(first.Core.Ids.Own[0], Length, out _), Is.True);
        table.Forget(200);
        Assert.That(
            (table.IsRetired(first.Core.Ids.Own[0], Length, out _), table.IsRetired(second.Core.Ids.Own[0], Length, out _)),
            Is.EqualTo((false, false)));
    }
}
