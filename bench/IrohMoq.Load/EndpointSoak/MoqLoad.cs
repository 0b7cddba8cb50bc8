using IrohMoq.Reactive;

namespace IrohMoq.Load.EndpointSoak;

/// <summary>
/// Publishes a broadcast of live and lossless tracks on the listening side. The dialing side opens a session, reads all tracks for some
/// time, closes the session, and begins again.
/// </summary>
internal sealed class MoqLoad : IAsyncDisposable
{
    /// <summary>The name of the load.</summary>
    public const string Name = "moq";

    private const string Broadcast = "soak";
    private const int Tracks = 4;
    private const int FramesPerGroup = 5;
    private const int FrameSize = 2_000;
    private static readonly TimeSpan GroupInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SessionTime = TimeSpan.FromSeconds(2);

    private readonly SoakMeter _meter;
    private readonly Moq _publisher;
    private readonly Moq _subscriber;
    private readonly BroadcastProducer _broadcast = new();
    private readonly TrackProducer[] _tracks;

    public MoqLoad(SoakMeter meter, IrohEndpoint listener, IrohEndpoint dialer)
    {
        _meter = meter;
        // The endpoint names at most 8 protocols, and each other load has one.
        var options = new MoqOptions { Protocols = [MoqOptions.SupportedProtocols[0]] };
        _publisher = new Moq(listener, options);
        _subscriber = new Moq(dialer, options);
        _tracks =
        [
            .. Enumerable.Range(0, Tracks).Select(number => _broadcast.CreateTrack(
                $"t{number}", new TrackOptions { Lossless = number % 2 == 1, DropsWithoutReaders = true })),
        ];
        _publisher.Publish(Broadcast, _broadcast);
    }

    /// <summary>Gets the handler of the connections to the publisher.</summary>
    public IProtocolHandler Handler => _publisher.ProtocolHandler;

    /// <summary>Publishes and reads until the token is canceled. An unexpected exception is recorded as a failure.</summary>
    public async Task RunAsync(EndpointAddr publisher, CancellationToken stop)
    {
        try
        {
            await Task.WhenAll([SubscribeAsync(publisher, stop), .. _tracks.Select(track => PublishAsync(track, stop))]);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end of the test.
        }
        catch (Exception fault)
        {
            _meter.Fail($"moq: {fault.GetType().Name}: {fault.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var track in _tracks)
            track.Dispose();
        _broadcast.Dispose();
        await _subscriber.DisposeAsync();
        await _publisher.DisposeAsync();
    }

    private static async Task PublishAsync(TrackProducer track, CancellationToken stop)
    {
        var frame = new byte[FrameSize];
        using var timer = new PeriodicTimer(GroupInterval);
        while (await timer.WaitForNextTickAsync(stop))
        {
            using var group = await track.AppendGroupAsync(stop);
            for (var i = 0; i < FramesPerGroup; i++)
                await group.WriteAsync(frame, stop);
            group.Finish();
        }
    }

    private async Task SubscribeAsync(EndpointAddr publisher, CancellationToken stop)
    {
        while (true)
        {
            await using var session = await _subscriber.ConnectAsync(publisher, stop);
            await using var broadcast = await session.SubscribeAsync(Broadcast, stop);
            using var time = CancellationTokenSource.CreateLinkedTokenSource(stop);
            time.CancelAfter(SessionTime);
            await Task.WhenAll(_tracks.Select(track => ReadAsync(broadcast.Track(track.Name), time.Token)));
            stop.ThrowIfCancellationRequested();
            _meter.Count(SoakWork.Sessions);
        }
    }

    private async Task ReadAsync(TrackConsumer track, CancellationToken time)
    {
        try
        {
            await foreach (var group in track.ReadGroupsAsync(time))
            {
                using (group)
                {
                    await foreach (var frame in group.ReadFramesAsync(time))
                    {
                        if (frame.Length != FrameSize)
                            throw new InvalidDataException($"a frame has {frame.Length} bytes");
                    }
                }

                _meter.Count(SoakWork.Groups);
            }
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested)
        {
            // The time of the session has passed.
        }
    }
}
