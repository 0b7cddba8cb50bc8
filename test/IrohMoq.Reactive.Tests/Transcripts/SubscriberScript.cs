using System.Globalization;
using System.Text;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>Carries out the script of a recorded subscriber with the API of this library.</summary>
internal sealed class SubscriberScript(ScriptContext context, MoqVersion version)
{
    /// <summary>The time for which the recorded program waits for a frame.</summary>
    private static readonly TimeSpan FrameLimit = TimeSpan.FromSeconds(2);

    /// <summary>The time for which the recorded program waits for a group, unless the script names another.</summary>
    private const string GroupLimit = "10000";

    private readonly Queue<string> _announcements = [];
    private readonly Signal _announced = new(context.Runtime);
    private BroadcastConsumer? _broadcast;
    private TrackReader? _reader;

    /// <summary>Runs the whole script, and then ends the session, as the end of the program did.</summary>
    public async Task RunAsync(IReadOnlyList<string> script)
    {
        foreach (var command in script)
            await RunAsync(command.Split(' '));
        await context.CloseAsync();
    }

    private async ValueTask RunAsync(string[] command)
    {
        switch (command)
        {
            case ["start"]:
                context.Start();
                _ = WatchAnnouncementsAsync();
                break;
            case ["sleep", var time]:
                await context.SleepAsync(time);
                break;
            case ["routed", var name]:
                _broadcast = await context.Session.SubscribeAsync(name);
                break;
            case ["request", var name]:
                await RequestAsync(name);
                break;
            case ["announced", var time]:
                await ReadAnnouncementAsync(time);
                break;
            case ["closed"]:
                await WaitForEndAsync();
                break;
            case ["quit"] or ["closeconn"]:
                await context.CloseAsync();
                break;
            default:
                await ReadAsync(command);
                break;
        }
    }

    private async ValueTask ReadAsync(string[] command)
    {
        switch (command)
        {
            case ["sub", var track, var priority, var age, .. var bounds]:
                _reader = _broadcast!.Track(track).Open(Options(priority, age, bounds));
                break;
            case ["fetch", var track, var group, var priority, var frame]:
                await FetchAsync(track, group, priority, frame);
                break;
            case ["info", var track]:
                await ReadPropertiesAsync(track);
                break;
            case ["update", var priority, var age]:
                _reader!.Options = Options(priority, age, []);
                break;
            case ["unsub"]:
                _reader!.Dispose();
                break;
            case ["dread"]:
                await ReadDatagramAsync();
                break;
            case ["read", var count, .. var limit]:
                await ReadGroupsAsync(int.Parse(count, CultureInfo.InvariantCulture), limit is [var time] ? time : GroupLimit);
                break;
            default:
                throw ScriptContext.Unknown(string.Join(' ', command));
        }
    }

    private static SubscribeOptions Options(string priority, string age, string[] bounds) => new()
    {
        Priority = byte.Parse(priority, CultureInfo.InvariantCulture),
        MaxLatency = ScriptContext.Milliseconds(age),
        Start = bounds is [var start, ..] ? GroupStart.From(ulong.Parse(start, CultureInfo.InvariantCulture)) : GroupStart.Latest,
        End = bounds is [_, var end] ? ulong.Parse(end, CultureInfo.InvariantCulture) : null,
    };

    private async ValueTask ReadGroupsAsync(int count, string time)
    {
        try
        {
            for (var i = 0; i < count; i++)
            {
                using var limit = context.Runtime.Limit(ScriptContext.Milliseconds(time));
                if (await _reader!.ReadGroupAsync(limit.Token) is not { } group)
                {
                    context.Observations.Add("track end");
                    return;
                }

                await ReadFramesAsync(group);
            }
        }
        catch (MoqException failure)
        {
            context.Observations.Add($"track error {Observations.CodeOf(failure)}");
        }
        catch (OperationCanceledException)
        {
            context.Observations.Add("group timeout");
        }
    }

    private async ValueTask ReadFramesAsync(GroupConsumer group)
    {
        try
        {
            using var limit = context.Runtime.Limit(FrameLimit);
            await foreach (var frame in group.ReadFramesAsync(limit.Token))
            {
                var time = version.HasTrackInfo ? (ulong)frame.Timestamp.TotalMilliseconds : (ulong?)null;
                context.Observations.Add(Observations.Frame(group.Sequence, time, Encoding.UTF8.GetString(frame.Payload)));
            }

            context.Observations.Add($"group {group.Sequence} end");
        }
        catch (MoqException failure)
        {
            context.Observations.Add($"group {group.Sequence} error {Observations.CodeOf(failure)}");
        }
        catch (OperationCanceledException)
        {
            context.Observations.Add("frame timeout");
        }
    }

    private async ValueTask ReadPropertiesAsync(string track)
    {
        try
        {
            var read = await _broadcast!.Track(track).GetPropertiesAsync();
            context.Observations.Add(Observations.Properties(read.Priority, read.MaxAge.TotalMilliseconds, 1000.0 / read.Timescale));
        }
        catch (MoqException failure)
        {
            context.Observations.Add($"properties error {Observations.CodeOf(failure)}");
        }
    }

    private async ValueTask FetchAsync(string track, string number, string priority, string frame)
    {
        var options = new FetchOptions
        {
            Priority = byte.Parse(priority, CultureInfo.InvariantCulture),
            FirstFrame = int.Parse(frame, CultureInfo.InvariantCulture),
        };
        try
        {
            var group = await _broadcast!.Track(track).FetchAsync(ulong.Parse(number, CultureInfo.InvariantCulture), options);
            await foreach (var one in group.ReadFramesAsync())
            {
                var time = (ulong)one.Timestamp.TotalMilliseconds;
                context.Observations.Add(Observations.Fetched(time, Encoding.UTF8.GetString(one.Payload)));
            }

            context.Observations.Add("fetch end");
        }
        catch (MoqException failure)
        {
            context.Observations.Add($"fetch error {Observations.CodeOf(failure)}");
        }
    }

    private async ValueTask ReadDatagramAsync()
    {
        using var group = (await _reader!.ReadGroupAsync())!;
        await foreach (var frame in group.ReadFramesAsync())
        {
            context.Observations.Add(Observations.Datagram(
                group.Sequence, (ulong)frame.Timestamp.TotalMilliseconds, Encoding.UTF8.GetString(frame.Payload)));
        }
    }

    private async ValueTask RequestAsync(string name)
    {
        try
        {
            _broadcast = await context.Session.SubscribeAsync(name, TimeSpan.Zero);
        }
        catch (MoqNotAnnouncedException)
        {
            context.Observations.Add("request unroutable");
        }
    }

    private async ValueTask ReadAnnouncementAsync(string time)
    {
        using var limit = context.Runtime.Limit(ScriptContext.Milliseconds(time));
        try
        {
            while (_announcements.Count == 0)
                await _announced.WaitAsync(limit.Token);
            context.Observations.Add(_announcements.Dequeue());
        }
        catch (OperationCanceledException)
        {
            context.Observations.Add("announcement timeout");
        }
    }

    /// <summary>
    /// Reads the announcements as they come, as the recorded program does: changes that cancel each other out are both seen.
    /// </summary>
    private async Task WatchAnnouncementsAsync()
    {
        try
        {
            var announced = context.Session.OriginConsumer.ReadAnnouncementsAsync(default, includeHidden: false, includeRouteChanges: true);
            await foreach (var one in announced)
            {
                var route = one.Route;
                var kind = one.IsRouteChange ? "updated" : one.IsActive ? "announced" : "retracted";
                _announcements.Enqueue(Observations.Announcement(kind, $"{one.Path}", route.Hops, route.WarmCost, version));
                _announced.Set();
            }
        }
        catch (MoqSessionClosedException)
        {
            // The test is over.
        }
    }

    private async ValueTask WaitForEndAsync()
    {
        var closed = await context.Session.Closed;
        context.Observations.Add(closed.Code.ApplicationCode is { } code ? $"closed application {code}" : "closed");
    }
}
