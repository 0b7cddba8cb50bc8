using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Load.Flood;

/// <summary>
/// Represents an endpoint that sends bulk data to one peer, while honest peers dial it one after the other and a
/// <see cref="FloodGenerator"/> sends datagrams either to it or to a socket that nobody reads.
/// </summary>
internal sealed class FloodScene : IAsyncDisposable
{
    public const string Protocol = "flood-bench";

    private const int BlockSize = 64 << 10;
    private static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DialInterval = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _end = new();
    private readonly UdpClient _unread = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly IrohEndpoint _listener;
    private readonly IrohEndpoint _reader;
    private readonly IrohEndpoint _guest;
    private readonly List<Task> _tasks = [];
    private long _read;
    private volatile bool _isAttacked;

    private FloodScene(IrohEndpoint listener, IrohEndpoint reader, IrohEndpoint guest)
    {
        (_listener, _reader, _guest) = (listener, reader, guest);
        listener.Listen([Protocol]);
    }

    /// <summary>Gets the durations, in milliseconds, of the dials that began during the attack; infinity for those that failed.</summary>
    public List<double> Dials { get; } = [];

    /// <summary>Gets the id of the endpoint that is attacked.</summary>
    public EndpointId Id => _listener.Id;

    /// <summary>Creates the endpoints, and begins the bulk transfer.</summary>
    public static async Task<FloodScene> CreateAsync()
    {
        var options = new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };
        var scene = new FloodScene(
            await IrohEndpoint.CreateAsync(options: options), await IrohEndpoint.CreateAsync(options: options),
            await IrohEndpoint.CreateAsync(options: options));
        var accepting = scene._listener.AcceptAsync();
        var connection = await scene._reader.ConnectAsync(scene._listener.Address, [Protocol]);
        scene._tasks.Add(scene.WriteAsync(await accepting));
        scene._tasks.Add(scene.ReadAsync(connection));
        scene._tasks.Add(scene.AcceptAsync());
        scene._tasks.Add(scene.DialAsync());
        return scene;
    }

    /// <summary>Measures one kind of flood.</summary>
    /// <param name="packets">The datagrams of the flood.</param>
    /// <param name="perSecond">The number of datagrams per second.</param>
    /// <param name="pairs">The number of pairs of a phase without and a phase with an attack.</param>
    /// <param name="phase">The duration of a phase.</param>
    public async Task<FloodFigures> MeasureAsync(byte[][] packets, int perSecond, int pairs, TimeSpan phase)
    {
        lock (Dials)
            Dials.Clear();
        var quiet = (IPEndPoint)_unread.Client.LocalEndPoint!;
        using var generator = new FloodGenerator(packets, perSecond, quiet);
        var start = Stopwatch.GetTimestamp();
        var rates = new List<(double Quiet, double Attacked)>();
        for (var i = 0; i < pairs; i++)
            rates.Add((await RateAsync(generator, quiet, false, phase), await RateAsync(generator, _listener.LocalEndPoint, true, phase)));
        _isAttacked = false;
        var sent = generator.Sent / Stopwatch.GetElapsedTime(start).TotalSeconds;
        lock (Dials)
        {
            return new FloodFigures(
                Median.Of(rates.Select(static pair => pair.Quiet)), Median.Of(rates.Select(static pair => pair.Attacked)),
                Median.Of(rates.Select(static pair => pair.Attacked / pair.Quiet)), sent, [.. Dials.Order()]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _listener.DisposeAsync();
        await _reader.DisposeAsync();
        await _guest.DisposeAsync();
        foreach (var task in _tasks)
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _unread.Dispose();
        _end.Dispose();
    }

    private async Task<double> RateAsync(FloodGenerator generator, IPEndPoint target, bool isAttack, TimeSpan phase)
    {
        generator.Aim(target);
        _isAttacked = isAttack;
        // The change takes effect first.
        await Task.Delay(phase / 5);
        var (start, before) = (Stopwatch.GetTimestamp(), Interlocked.Read(ref _read));
        await Task.Delay(phase);
        return (Interlocked.Read(ref _read) - before) / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private async Task WriteAsync(ITransportConnection connection)
    {
        var stream = await connection.OpenUniAsync(_end.Token);
        var block = BlockPool.Shared.Rent(BlockSize);
        while (true)
            await stream.WriteBlockAsync(default, new BlockSlice(block, 0, BlockSize), _end.Token);
    }

    private async Task ReadAsync(ITransportConnection connection)
    {
        var stream = await connection.AcceptUniAsync(_end.Token);
        var buffer = new byte[BlockSize];
        while (await stream.ReadAsync(buffer, _end.Token) is > 0 and var count)
            Interlocked.Add(ref _read, count);
    }

    private async Task AcceptAsync()
    {
        while (true)
            _ = DisposeAtItsEndAsync(await _listener.AcceptAsync(_end.Token));

        static async Task DisposeAtItsEndAsync(ITransportConnection connection)
        {
            await connection.Closed;
            await connection.DisposeAsync();
        }
    }

    private async Task DialAsync()
    {
        while (true)
        {
            await Task.Delay(DialInterval, _end.Token);
            var (start, isAttacked) = (Stopwatch.GetTimestamp(), _isAttacked);
            var milliseconds = double.PositiveInfinity;
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(_end.Token))
            {
                limit.CancelAfter(DialLimit);
                try
                {
                    await using var connection = await _guest.ConnectAsync(_listener.Address, [Protocol], limit.Token);
                    milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                }
                catch (Exception failure)
                    when (failure is MoqConnectException or OperationCanceledException && !_end.IsCancellationRequested)
                {
                    // Counted as failed.
                }
            }

            lock (Dials)
            {
                if (isAttacked)
                    Dials.Add(milliseconds);
            }
        }
    }
}
