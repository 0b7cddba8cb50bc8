using System.Reactive.Concurrency;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load;

/// <summary>
/// Measures the managed heap memory of an idle session as differences between three setups: bare connections with one stream from each
/// side, as in every session; connections with a <see cref="Moq"/> on one side and an announcement request from the other; and connections
/// between two managers. The in-memory transport, which contains both sides, is reported separately, so that its memory is not attributed
/// to the library.
/// </summary>
/// <param name="Transport">The number of bytes of an in-memory connection, both sides.</param>
/// <param name="Hub">The number of bytes of an additional session of a manager that has many sessions.</param>
/// <param name="Peer">The number of bytes of the other side: a manager and its router with one session.</param>
internal sealed record IdleHeap(double Transport, double Hub, double Peer)
{
    // Stream type ANNOUNCE, then a message of one byte: an empty prefix.
    private static readonly byte[] AskForAll = [1, 1, 0];

    // Stream type SETUP, then a message of one byte: no parameters. Versions up to 04 have none.
    private static readonly byte[] NoParameters = [1, 1, 0];

    public static IdleHeap Measure(int sessions)
    {
        // The first, small measurement creates objects that all sessions share.
        foreach (var count in (int[])[10, sessions])
        {
            var transport = Bare(count, isHub: false);
            var hub = Bare(count, isHub: true);
            var both = Full(count);
            if (count == sessions)
                return new IdleHeap(transport, hub - transport, both - hub);
        }

        throw new InvalidOperationException("Nothing was measured.");
    }

    /// <summary>Returns the number of bytes on the managed heap after full garbage collections and finalization.</summary>
    public static long Collected()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static double Bare(int count, bool isHub)
    {
        var network = new InMemoryNetwork(new HistoricalScheduler()) { TracesArrivals = false };
        var endpoint = network.AddEndpoint("hub");
        var endpoints = Enumerable.Range(0, count).Select(i => network.AddEndpoint($"p{i}")).ToArray();
        var hub = isHub ? Moq.Serve(endpoint, OfferedProtocols.Options with { Scheduler = network.Scheduler }) : null;
        if (!isHub)
            endpoint.Listen(OfferedProtocols.Options.Protocols);
        var held = new List<object?>();
        var bytes = 0.0;
        network.Run(async () =>
        {
            var before = Collected();
            for (var i = 0; i < count; i++)
            {
                var connection = await endpoints[i].ConnectAsync(network.AddressOf(endpoint), OfferedProtocols.Options.Protocols);
                held.Add(connection);
                held.Add(await AskAsync(connection));
                if (hub is null)
                {
                    var accepted = await endpoint.AcceptAsync();
                    held.Add(accepted);
                    held.Add(await AskAsync(accepted));
                    held.Add(await accepted.AcceptBidiAsync());
                    if (HasSetup(accepted))
                        held.Add(await accepted.AcceptUniAsync());
                }

                held.Add(await connection.AcceptBidiAsync());
            }

            await network.Runtime.DelayAsync(TimeSpan.FromMinutes(1));
            bytes = (double)(Collected() - before) / count;
        });
        GC.KeepAlive(held);
        GC.KeepAlive(hub);
        GC.KeepAlive(network);
        return bytes;
    }

    private static async Task<BidiStream> AskAsync(ITransportConnection connection)
    {
        var stream = await connection.OpenBidiAsync();
        await stream.Send.WriteAsync(AskForAll);
        if (HasSetup(connection))
        {
            var setup = await connection.OpenUniAsync();
            await setup.WriteAsync(NoParameters);
            setup.Finish();
        }

        return stream;
    }

    private static bool HasSetup(ITransportConnection connection) => connection.Protocol is not ("moq-lite-03" or "moq-lite-04");

    private static double Full(int count)
    {
        var swarm = new Swarm();
        var bytes = 0.0;
        swarm.Run(async () =>
        {
            // As in the other setups, the endpoints are not measured; the managers of the peers are.
            var endpoints = Enumerable.Range(0, count).Select(i => swarm.Network.AddEndpoint($"p{i}")).ToArray();
            var held = new List<object>(2 * count);
            var before = Collected();
            foreach (var endpoint in endpoints)
            {
                var peer = Moq.Serve(endpoint, OfferedProtocols.Options with { Scheduler = swarm.Network.Scheduler });
                held.Add(peer);
                held.Add(await peer.ConnectAsync(swarm.Network.AddressOf(swarm.Hub)));
            }

            await swarm.SettleAsync();
            bytes = (double)(Collected() - before) / count;
            GC.KeepAlive(held);
        });
        GC.KeepAlive(swarm);
        return bytes;
    }
}
