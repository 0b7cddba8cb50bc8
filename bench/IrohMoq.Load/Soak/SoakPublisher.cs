using System.Diagnostics;
using System.Net;
using IrohMoq.Reactive;

namespace IrohMoq.Load;

/// <summary>
/// Represents a peer that publishes one broadcast of <see cref="SoakTrack.Count"/> tracks, and that can be stopped and restarted with the
/// same address and key.
/// </summary>
#pragma warning disable CA1001 // StopAsync ends what StartAsync begins, more than once.
internal sealed class SoakPublisher
#pragma warning restore CA1001
{
    public const string Broadcast = "soak";

    private readonly SecretKey _key = SecretKey.Generate();
    private IPEndPoint _place = new(IPAddress.Loopback, 0);
    private IrohEndpoint? _endpoint;
    private Moq? _moq;
    private BroadcastProducer? _broadcast;
    private TrackProducer[] _tracks = [];
    private CancellationTokenSource _stop = new();
    private long _upSince;
    private int _sessions;

    /// <summary>Gets the address of the publisher. The address stays valid while the publisher is stopped.</summary>
    public EndpointAddr Address { get; private set; } = null!;

    public bool IsUp => Volatile.Read(ref _upSince) != 0;

    public int Sessions => Volatile.Read(ref _sessions);

    public int Subscribers => _tracks.Sum(static track => track.SubscriberCount);

    /// <summary>Returns true if the publisher has been running for at least the specified time.</summary>
    public bool IsUpFor(TimeSpan time) => Volatile.Read(ref _upSince) is not 0 and var since && Stopwatch.GetElapsedTime(since) >= time;

    public static IrohEndpointOptions EndpointAt(IPEndPoint place) => new()
    {
        BindAddress = place,
        IdleTimeout = TimeSpan.FromSeconds(6),
        KeepAlive = TimeSpan.FromSeconds(2),
        // Small windows, so that a stalled reader exhausts them even in a soak test of a few minutes.
        ConnectionWindow = 2 << 20,
        StreamWindow = 256 << 10,
    };

    public async Task StartAsync()
    {
        _endpoint = await IrohEndpoint.CreateAsync(_key, EndpointAt(_place));
        _place = _endpoint.LocalEndPoint;
        Address = _endpoint.Address;
        _moq = Moq.Serve(_endpoint, OfferedProtocols.Options);
        _moq.SessionEvents().Subscribe(happened => Interlocked.Add(ref _sessions, happened.IsOpening ? 1 : -1));
        _broadcast = new BroadcastProducer();
        var broadcast = _broadcast;
        _tracks =
        [
            .. Enumerable.Range(0, SoakTrack.Count).Select(static number => new SoakTrack(number))
                .Select(track => broadcast.CreateTrack(track.Name, track.Options)),
        ];
        _moq.Publish(Broadcast, _broadcast);
        _stop = new CancellationTokenSource();
        for (var number = 0; number < _tracks.Length; number++)
            _ = WriteAsync(_tracks[number], new SoakTrack(number), _stop.Token);
        Volatile.Write(ref _upSince, Stopwatch.GetTimestamp());
    }

    public async Task StopAsync()
    {
        Volatile.Write(ref _upSince, 0);
        await _stop.CancelAsync();
        foreach (var track in _tracks)
            track.Dispose();
        _broadcast!.Dispose();
        await _moq!.DisposeAsync();
        await _endpoint!.DisposeAsync();
        _stop.Dispose();
    }

    private static async Task WriteAsync(TrackProducer track, SoakTrack kind, CancellationToken stop)
    {
        var (size, frames, perSecond) = kind.Shape;
        var frame = new byte[size];
        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
            while (await timer.WaitForNextTickAsync(stop))
            {
                using var group = await track.AppendGroupAsync(stop);
                for (var i = 0; i < frames; i++)
                    await group.WriteAsync(frame, stop);
                group.Finish();
            }
        }
        catch (Exception end) when (end is OperationCanceledException or MoqException)
        {
            // The publisher was stopped.
        }
    }
}
