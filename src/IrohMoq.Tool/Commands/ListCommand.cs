using System.CommandLine;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands;

/// <summary>Represents the command <c>moq ls</c>, which lists the broadcasts and the routes that a peer announces.</summary>
internal sealed class ListCommand
{
    private readonly DialOptions _peer = new(10, "to reach the peer and to list what it announces");
    private readonly Option<string?> _prefix =
        new("--prefix") { Description = "Lists only the broadcast with this name and those below it, for example studio." };
    private readonly Option<bool> _follow = new("--follow")
    {
        Description = "Continues with the changes: + NAME for a broadcast that begins, - NAME for one that ends, and ~ NAME with the "
            + "new route for one whose route has changed.",
    };
    private readonly Option<bool> _long = new("--long", "-l")
    {
        Description = "Shows the routes as well: the kind (broadcast, or since moq-lite-06 always route, also for a plain broadcast), the "
            + "number of peers on the way (hops), and the costs. JSON always contains them.",
    };
    private readonly Option<bool> _all =
        new("--all", "-a") { Description = "Lists hidden names as well, of which a segment below the prefix begins with a dot." };
    private readonly Runtime _runtime = ThreadPoolRuntime.Instance;

    public static Command Create()
    {
        var list = new ListCommand();
        var command = new Command("ls", "Lists the broadcasts that a peer announces.")
        {
            list._prefix, list._long, list._all, list._follow,
        };
        list._peer.AddTo(command);
        command.SetAction(list.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult words, CancellationToken interrupted)
    {
        using var output = Outputs.Choose(words.GetValue(_peer.Common.Json), payloadOnStandardOutput: false);
        return await CommandRunner.RunAsync(output, () => ListAsync(words, output, interrupted), interrupted).ConfigureAwait(false);
    }

    private async Task ListAsync(ParseResult words, IOutput output, CancellationToken interrupted)
    {
        var peer = _peer.ReadPeer(words);
        var time = _peer.ReadTimeout(words);
        var prefix = CommonOptions.ParseName("--prefix", words.GetValue(_prefix) ?? "");

        using var loggers = Logs.Create(words.GetValue(_peer.Common.Verbose));
        var endpoint = await _peer.Common.CreateEndpointAsync(words, loggers, interrupted, time).ConfigureAwait(false);
        await using var endpointEnds = endpoint.ConfigureAwait(false);
        var moq = new Moq(endpoint, _peer.Common.ReadMoqOptions(words, loggers));
        await using var moqEnds = moq.ConfigureAwait(false);
        var from = _runtime.GetTimestamp();
        var session = await Dialing.ConnectAsync(moq, peer, time, _runtime, interrupted).ConfigureAwait(false);

        var (isLong, isAll, isFollowed) = (words.GetValue(_long), words.GetValue(_all), words.GetValue(_follow));
        var list = new AnnouncedList(session, prefix, isFollowed, _runtime, interrupted);
        await using var listEnds = list.ConfigureAwait(false);
        var all = await list.ReadCurrentAsync(time - _runtime.GetElapsedTime(from)).ConfigureAwait(false);
        var current = all.Where(IsListed).ToArray();
        foreach (var one in current)
            output.Report(new ListedBroadcast(one.Path, one.Route, ListedChange.None) { HasDetails = isLong });
        if (list.IsCut)
            output.Note($"the announcements of the peer kept changing for {time.TotalSeconds} s (--timeout); this is the list at the end");
        output.Report(new CaughtUp(current.Length, list.IsTold));
        if (isFollowed)
            await list.FollowAsync(ReportChange).ConfigureAwait(false);
        if (session.Closed.IsCompleted && await session.Closed.ConfigureAwait(false) is { Code.Value: not 0 } closed)
        {
            throw new MoqSessionClosedException(closed.Code, $"the session ended: {SessionEnd.Describe(closed)}", closed.IsRemote)
            {
                Cause = closed.Cause,
            };
        }

        if (current.Length == 0 && !isFollowed && !words.GetValue(_peer.Common.Json))
            await Console.Error.WriteLineAsync(NoBroadcasts(prefix, all.Count)).ConfigureAwait(false);

        bool IsListed(Announcement one) => isAll || !HiddenName.IsHidden(one.Path, prefix);

        void ReportChange(Announcement change)
        {
            if (!IsListed(change))
                return;
            var kind = change.IsRouteChange ? ListedChange.Route : change.IsActive ? ListedChange.Begin : ListedChange.End;
            output.Report(new ListedBroadcast(change.Path, change.Route, kind) { HasDetails = isLong });
        }
    }

    private static string NoBroadcasts(BroadcastPath prefix, int hidden)
    {
        var below = prefix.IsEmpty ? "" : $" below '{TerminalText.Escape(prefix.ToString())}'";
        return $"moq: the peer announces no broadcasts{below}{(hidden > 0 ? $", except {hidden:N0} with hidden names (--all)" : "")}";
    }
}
