using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Transport.Conformance;

/// <summary>
/// The tests that every transport must pass. The tests of each transport inherit this class and create the endpoints. The tests use no
/// clock of their own, so that they run in virtual time as well: where something must not happen, they wait for a later event.
/// </summary>
public abstract partial class TransportConformance
{
    protected const string Protocol = "conformance-1";

    private const ulong Code = 0x52e4a40fa8e0;

    /// <summary>Gets the maximum number of unidirectional streams that a peer may have open at once.</summary>
    protected virtual int UniStreamLimit => 1024;

    /// <summary>Gets the maximum number of bytes that a writer can write while nothing is read: windows and queues together.</summary>
    protected virtual long MostUnread => 16L << 20;

    /// <summary>Gets a value that indicates whether the text of a close reaches the peer.</summary>
    protected virtual bool HasCloseReasons => true;

    /// <summary>
    /// Gets a value that indicates whether all data that arrived before the peer closed the connection can still be read.
    /// </summary>
    protected virtual bool KeepsUnreadData => true;

    /// <summary>Creates an endpoint that the others can reach. The suite disposes it.</summary>
    protected abstract ValueTask<IEndpoint> BindAsync();

    /// <summary>Runs a test to its end, in real time unless overridden.</summary>
    protected virtual void Run(Func<Task> body) => Task.Run(body).WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult();

    protected void Run(Func<ConnectedPair, Task> body) => Run(async () =>
    {
        await using var pair = await ConnectAsync();
        await body(pair);
    });

    private async ValueTask<ConnectedPair> ConnectAsync()
    {
        var dialing = await BindAsync();
        var listening = await BindAsync();
        listening.Listen([Protocol]);
        var accepted = listening.AcceptAsync().AsTask();
        var dialer = await dialing.ConnectAsync(listening.Address, [Protocol]);
        return new ConnectedPair(dialing, listening, dialer, await accepted);
    }

    private void IgnoreWithoutUnreadData()
    {
        if (!KeepsUnreadData)
            Assert.Ignore("This transport loses unread data when the peer closes the connection.");
    }

    /// <summary>Waits until a condition holds, for at most ten seconds of the clock of the transport.</summary>
    private static async ValueTask EventuallyAsync(Runtime runtime, Func<bool> condition, string what)
    {
        for (var tries = 0; !condition(); tries++)
        {
            Assert.That(tries, Is.LessThan(1000), what);
            await runtime.DelayAsync(TimeSpan.FromMilliseconds(10));
        }
    }
}
