using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>Connections and endpoints that have ended keep no file handle.</summary>
[NonParallelizable]
[Platform("Linux")]
public sealed class HandleTests
{
    private const string Protocol = "test-1";
    private const int Dials = 60;

    [Test]
    [CancelAfter(60_000)]
    public async Task EndedConnections_GiveTheirHandlesBack([Values] bool isRefused, CancellationToken ct)
    {
        Machine.SkipWithoutQuic();
        await using var listener = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        await using var dialer = await QuicEndpoint.CreateAsync(options: Machine.Loopback, cancellationToken: ct);
        listener.Listen([Protocol]);
        // The first dials start what System.Net.Quic keeps for the whole process.
        await DialAsync(5);
        var before = Handles;
        await DialAsync(Dials);
        for (var tries = 0; Handles > before + (Dials / 4); tries++)
        {
            Assert.That(tries, Is.LessThan(1_000), $"{Handles} handles are open, and {before} were.");
            await dialer.Runtime.DelayAsync(TimeSpan.FromMilliseconds(10), ct);
        }

        async Task DialAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                if (isRefused)
                {
                    await Assert.ThrowsAsync<MoqConnectException>(
                        async () => await dialer.ConnectAsync(listener.Address, ["another"], ct));
                    continue;
                }

                await using var dialed = await dialer.ConnectAsync(listener.Address, [Protocol], ct);
                await using var accepted = await listener.AcceptAsync(ct);
                var mine = await dialed.OpenBidiAsync(ct);
                await mine.Send.WriteAsync(new byte[100], ct);
                await accepted.AcceptBidiAsync(ct);
            }
        }
    }

    private static int Handles => Directory.GetFiles("/proc/self/fd").Length;
}
