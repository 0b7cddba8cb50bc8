using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;
using IrohMoq.Tool.Sources;

namespace IrohMoq.Tool.Commands;

/// <summary>
/// Represents the command <c>moq publish</c>, which publishes a broadcast with one track from a file, standard input or a clock.
/// </summary>
internal sealed class PublishCommand
{
    /// <summary>The maximum size of a frame that every peer accepts: 32 MiB.</summary>
    private const int LargestFrame = 32 << 20;

    private readonly CommonOptions _common = new();
    private readonly Option<string?> _input =
        new("--input") { Description = "The file to publish, or - for standard input (the default)." };
    private readonly Option<int?> _frameSize =
        new("--frame-size") { Description = "Bytes a frame; the last may be shorter. The default is 65536." };
    private readonly Option<bool> _lines = new("--lines") { Description = "One frame a line, with its line ending." };
    private readonly Option<int?> _groupFrames = new("--group-frames") { Description = "Frames a group. The default is 64." };
    private readonly Option<bool> _lossless =
        new("--lossless") { Description = "The input waits for the slowest subscriber; without it old groups are dropped for a slow one." };
    private readonly Option<bool> _clock =
        new("--clock") { Description = "A built-in live source: a group each second, a frame each 100 ms with the time." };
    private readonly Runtime _runtime = ThreadPoolRuntime.Instance;

    public static Command Create()
    {
        var publish = new PublishCommand();
        var command = new Command("publish", "Publishes a broadcast; prints the ticket that others dial.")
        {
            publish._input, publish._frameSize, publish._lines, publish._groupFrames, publish._lossless, publish._clock,
        };
        publish._common.AddTo(command);
        command.SetAction(publish.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult words, CancellationToken interrupted)
    {
        using var output = Outputs.Choose(words.GetValue(_common.Json), payloadOnStandardOutput: false);
        return await CommandRunner.RunAsync(output, () => PublishAsync(words, output, interrupted), interrupted).ConfigureAwait(false);
    }

    private async Task PublishAsync(ParseResult words, IOutput output, CancellationToken interrupted)
    {
        using var source = OpenSource(words);
        using var loggers = Logs.Create(words.GetValue(_common.Verbose));
        var name = words.GetRequiredValue(_common.Name);
        var trackName = words.GetRequiredValue(_common.Track);

        var endpoint = await _common.CreateEndpointAsync(words, loggers, interrupted).ConfigureAwait(false);
        await using var endpointEnds = endpoint.ConfigureAwait(false);
        var moq = Moq.Serve(endpoint, new MoqOptions { LoggerFactory = loggers });
        // Disposed after the manager, whose shutdown closes the sessions and so causes the last events.
        var sessions = new DrainedSubscription<SessionEvent>(moq.SessionEvents(), Write, _runtime);
        await using var sessionsEnd = sessions.ConfigureAwait(false);
        await using var moqEnds = moq.ConfigureAwait(false);

        void Write(SessionEvent e)
        {
            if (e.Closed is { } closed)
                output.Closed(closed);
            else
                output.Connected(e.RemoteId, e.Session.Protocol);
        }

        using var broadcast = new BroadcastProducer();
        using var track = broadcast.CreateTrack(trackName, new TrackOptions { Lossless = words.GetValue(_lossless) });
        using var live = moq.Publish(name, broadcast);
        output.Listening(endpoint);

        await track.WaitForSubscriberAsync(interrupted).ConfigureAwait(false);
        output.Subscribed(name, trackName);
        var meter = new TrafficMeter(name, trackName, _runtime);
        var ticker = new ProgressTicker(meter, output, _runtime);
        await using (ticker.ConfigureAwait(false))
        {
            await PumpForReadersAsync(source, track, meter, interrupted).ConfigureAwait(false);
            // Acknowledged data is not necessarily read. Exiting now could discard data that the subscribers have not read yet. The wait is
            // bounded, because each session ends if its peer is lost.
            await track.WaitForNoSubscriberAsync(interrupted).ConfigureAwait(false);
        }

        if (track.Options.Lossless && track.ReaderTotals is { Lost: > 0 } totals)
            {
                throw new IOException(
                    $"{totals.Lost} of {totals.Lost + totals.Completed} subscribers left, were too slow or were lost "
                    + "before they had read everything");
            }

        output.Ended(meter.Read());
    }

    /// <summary>
    /// Copies frames from the source to the track until the source ends. On a lossless track, stops early when the last subscriber leaves,
    /// because writing would wait for subscribers forever.
    /// </summary>
    private static async Task PumpForReadersAsync(ISource source, TrackProducer track, TrafficMeter meter, CancellationToken interrupted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        var pumping = PumpAsync(source, track, meter, stop.Token);
        var leaving = track.Options.Lossless ? track.WaitForNoSubscriberAsync(stop.Token).AsTask() : pumping;
        await Task.WhenAny(pumping, leaving).ConfigureAwait(false);
        stop.Cancel();
        try
        {
            await pumping.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!interrupted.IsCancellationRequested)
        {
            // No subscriber is left to read the rest of the input.
        }
    }

    private static async Task PumpAsync(ISource source, TrackProducer track, TrafficMeter meter, CancellationToken interrupted)
    {
        GroupProducer? group = null;
        try
        {
            while (await source.ReadAsync(interrupted).ConfigureAwait(false) is { } frame)
            {
                if (frame.BeginsGroup)
                {
                    group?.Finish();
                    group = await track.AppendGroupAsync(interrupted).ConfigureAwait(false);
                    meter.Group();
                }

                await group!.WriteAsync(frame.Payload, interrupted).ConfigureAwait(false);
                meter.Frame(frame.Payload.Length);
            }

            group?.Finish();
            track.Finish();
        }
        finally
        {
            // Disposing an unfinished group aborts it.
            group?.Dispose();
        }
    }

    private ISource OpenSource(ParseResult words)
    {
        var clock = words.GetValue(_clock);
        var lines = words.GetValue(_lines);
        var size = words.GetValue(_frameSize);
        var frames = words.GetValue(_groupFrames);
        if (clock && (lines || size is not null || frames is not null || words.GetValue(_input) is not null))
            throw new UsageException(
                "--clock is a source of its own: it cannot be combined with --input, --frame-size, --lines or --group-frames");
        if (lines && size is not null)
            throw new UsageException("--lines and --frame-size exclude each other");
        if (size is < 1 or > LargestFrame)
            throw new UsageException($"--frame-size takes 1 to {LargestFrame} bytes");
        if (frames is < 1)
            throw new UsageException("--group-frames takes 1 or more");
        if (clock)
            return new ClockSource(_runtime);

        var input = words.GetValue(_input) is { } path and not "-"
            ? new FileStream(
                path, new FileStreamOptions { Options = FileOptions.SequentialScan | FileOptions.Asynchronous, BufferSize = 0 })
            : Console.OpenStandardInput();
        return new StreamSource(input, lines ? null : size ?? 65536, frames ?? 64);
    }
}
