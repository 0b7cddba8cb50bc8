using IrohMoq.Reactive.Connections;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>The connections of one session on real threads, while they replace one another and readers move between them.</summary>
public sealed class ConnectionSetStressTests
{
    private const int Count = 300;

    [Test]
    [CancelAfter(60_000)]
    public async Task ReadersMoveToTheLastConnection_AndNoneIsLeftAfterTheEnd(CancellationToken token)
    {
        var network = new InMemoryNetwork(RuntimeSchedulers.Default) { Latency = TimeSpan.Zero, TracesArrivals = false };
        var connections = await RealConnections.CreateAsync(network, Count + 2, token);
        var (late, latest) = (connections[Count], connections[Count + 1]);
        var shared = new SharedSession(connections[0], isOutbound: true, network.Runtime, NullLogger.Instance);
        var (set, host) = (shared.Connections, connections[0].Host!);
        var last = connections[Count - 1];
        var arrived = Enumerable.Range(0, 4).Select(
            static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var moves = arrived.Select(seen => Task.Run(() => MoveAsync(host, connections[0], last, seen, token), token)).ToArray();
        var isReplaced = false;
        var waits = new List<Task<MoqConnection?>>();
        RealThreads.Run(Replace, Look, Look, Cancel);

        await Task.WhenAll(arrived.Select(static seen => seen.Task)).WaitAsync(token);
        // Each wait was canceled, or had its connection before.
        foreach (var wait in waits)
            Assert.That(await VirtualWorld.FailureOf(wait.WaitAsync(token)), Is.Null.Or.InstanceOf<OperationCanceledException>());
        Assert.That(token.IsCancellationRequested, Is.False);
        Assert.That((set.All.Single(), host.Current), Is.EqualTo((last, last)));
        // Two closes, a connection that is added during them, and one afterwards: the first close wins, and no connection stays open.
        RealThreads.Run(
            () => shared.Close(MoqErrorCode.FromApplication(1), "one"),
            () => shared.Close(MoqErrorCode.FromApplication(2), "two"),
            () => set.Add(late, preferred: last));
        set.Add(latest, preferred: last);
        var ends = await Task.WhenAll(last.Ended, late.Ended, latest.Ended).WaitAsync(token);
        Assert.That(ends.Select(static end => end.Code).Distinct().Count(), Is.EqualTo(1));
        foreach (var connection in set.All)
            set.Remove(connection, null);
        var closed = shared.End();
        Assert.That((closed.Code.Value, shared.End()), Is.EqualTo((ends[0].Code, closed)));
        Assert.That(await shared.WhenClosedAsync().WaitAsync(token), Is.EqualTo(closed));
        Assert.That(await Task.WhenAll(moves).WaitAsync(token), Is.All.Positive, "the moves of each reader, which all end");
        Assert.That((set.All.Length, host.Current), Is.EqualTo((0, (MoqConnection?)null)));
        Assert.That(await host.NextAsync(last, token), Is.Null);

        // As the pipeline does: each connection replaces the one before, sometimes with a time without any.
        void Replace()
        {
            try
            {
                for (var i = 1; i < Count; i++)
                {
                    var (before, next) = (connections[i - 1], connections[i]);
                    if (i % 10 == 0)
                        set.Remove(before, null);
                    set.Add(next, preferred: next);
                    before.Close(MoqErrorCode.Superseded, "superseded");
                    if (i % 10 != 0)
                        set.Remove(before, next);
                }
            }
            finally
            {
                Volatile.Write(ref isReplaced, true);
            }
        }

        void Look()
        {
            while (!Volatile.Read(ref isReplaced))
            {
                var all = set.All;
                Assert.That(all, Has.Length.LessThanOrEqualTo(2));
                Assert.That(set.Preferred, Is.Not.Null);
                foreach (var connection in all)
                    Assert.That(host.Others(connection), Has.No.Member(connection).And.Count.LessThanOrEqualTo(2));
            }
        }

        void Cancel()
        {
            while (!Volatile.Read(ref isReplaced))
            {
                using var stop = new CancellationTokenSource();
                waits.Add(host.NextAsync(set.Preferred, stop.Token).AsTask());
                stop.Cancel();
            }
        }
    }

    /// <summary>Moves as a reader does: from the connection that it has to the next one, until the session ends.</summary>
    private static async Task<int> MoveAsync(
        ISessionHost host, MoqConnection first, MoqConnection last, TaskCompletionSource arrived, CancellationToken token)
    {
        var (at, moves) = (first, 0);
        while (await host.NextAsync(at, token) is { } next)
        {
            Assert.That(next, Is.Not.SameAs(at));
            at = next;
            moves++;
            if (at == last)
                arrived.TrySetResult();
        }

        return moves;
    }
}
