using System.Globalization;
using System.Text;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>Carries out the script of a recorded publisher with the API of this library.</summary>
internal sealed class PublisherScript(ScriptContext context)
{
    // The recorded program stamps its frames with these times unless the script names others.
    private const int FirstTimestamp = 1020;
    private const int TimestampStep = 20;

    /// <summary>The time that the recorded program gives its peer to leave.</summary>
    private static readonly TimeSpan GoawayLimit = TimeSpan.FromMilliseconds(1500);

    private BroadcastProducer? _broadcast;
    private BroadcastPath _name;
    private IDisposable? _registration;
    private TrackProducer? _track;
    private GroupProducer? _group;
    private Task _leaving = Task.CompletedTask;
    private int _timestamp = FirstTimestamp;

    private BroadcastProducer Broadcast => _broadcast ?? throw new InvalidOperationException("The script has created no broadcast.");

    private TrackProducer Track => _track ?? throw new InvalidOperationException("The script has created no track.");

    private GroupProducer Group => _group ?? throw new InvalidOperationException("The script has begun no group.");

    /// <summary>Runs the whole script, and then ends the session, as the end of the program did.</summary>
    public async Task RunAsync(IReadOnlyList<string> script)
    {
        foreach (var command in script)
            await RunAsync(command.Split(' '));
        await context.CloseAsync();
        await _leaving;
    }

    private async ValueTask RunAsync(string[] command)
    {
        switch (command)
        {
            case ["start"]:
                context.Start();
                break;
            case ["sleep", var time]:
                await context.SleepAsync(time);
                break;
            case ["used"]:
                await Track.WaitForSubscriberAsync();
                break;
            case ["unused"]:
                await Track.WaitForNoSubscriberAsync();
                context.Observations.Add("unused");
                break;
            case ["goaway", var uri]:
                _leaving = context.Session.GoAwayAsync(uri, GoawayLimit);
                break;
            case ["abortsess", var code]:
                await context.CloseAsync(MoqErrorCode.FromApplication(ushort.Parse(code, CultureInfo.InvariantCulture)));
                break;
            default:
                Publish(command);
                break;
        }
    }

    private void Publish(string[] command)
    {
        switch (command)
        {
            case ["create", var name]:
                (_broadcast, _name) = (new BroadcastProducer(context.Runtime), name);
                break;
            case ["track", var name, var priority, var age]:
                _track = Broadcast.CreateTrack(name, new TrackOptions
                {
                    Priority = byte.Parse(priority, CultureInfo.InvariantCulture),
                    MaxAge = ScriptContext.Milliseconds(age),
                });
                break;
            case ["cost", var cost]:
                Broadcast.SetCost(ulong.Parse(cost, CultureInfo.InvariantCulture));
                break;
            case ["announce"]:
                _registration = context.Published.Publish(_name, Broadcast.Consume());
                break;
            case ["unannounce"]:
                _registration!.Dispose();
                break;
            case ["close"]:
                Broadcast.Finish();
                break;
            case ["drop"]:
                _track?.Dispose();
                Broadcast.Dispose();
                break;
            case ["finish"]:
                Track.Finish();
                break;
            case ["abort", var code]:
                Track.Abort(MoqErrorCode.FromApplication(ushort.Parse(code, CultureInfo.InvariantCulture)));
                break;
            default:
                Write(command);
                break;
        }
    }

    private void Write(string[] command)
    {
        switch (command)
        {
            case ["group"]:
                _group = Track.AppendGroup();
                break;
            case ["group", var sequence]:
                _group = Track.CreateGroup(ulong.Parse(sequence, CultureInfo.InvariantCulture));
                break;
            case ["frame", var text]:
                Group.Write(Encoding.UTF8.GetBytes(text), TimeSpan.FromMilliseconds(_timestamp));
                _timestamp += TimestampStep;
                break;
            case ["frame", var text, var time]:
                Group.Write(Encoding.UTF8.GetBytes(text), ScriptContext.Milliseconds(time));
                break;
            case ["dgram", var text]:
                Track.WriteDatagram(Encoding.UTF8.GetBytes(text), TimeSpan.FromMilliseconds(_timestamp));
                _timestamp += TimestampStep;
                break;
            case ["endgroup"]:
                Group.Finish();
                break;
            case ["abortgroup", var code]:
                Group.Abort(MoqErrorCode.FromApplication(ushort.Parse(code, CultureInfo.InvariantCulture)));
                break;
            default:
                throw ScriptContext.Unknown(string.Join(' ', command));
        }
    }
}
