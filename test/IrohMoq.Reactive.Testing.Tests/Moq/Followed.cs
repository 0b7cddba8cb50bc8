using System.Text;

namespace IrohMoq.Reactive.Testing.Tests.Manager;

/// <summary>
/// Represents a peer that writes all its public events to the trace of the network: sessions, their announcements and ends, and the ends
/// of the streams.
/// </summary>
internal sealed class Followed : IAsyncDisposable
{
    private readonly Stage _stage;

    public Followed(Stage stage, string name, Moq moq)
    {
        _stage = stage;
        Name = name;
        Moq = moq;
        Follow("session events", moq.SessionEvents(), e => $"{stage.NameOf(e.RemoteId)} {(e.IsOpening ? "opens" : "closes")}");
        Follow("closings", moq.SessionClosures(), Text);
        Follow("incoming", moq.IncomingSessions(onSkipped: missed => Write($"missed {missed}")), Accept);
    }

    public string Name { get; }

    public Moq Moq { get; }

    public void Write(string what) => _stage.Write(Name, what);

    public async Task<MoqSession> ConnectAsync(Followed other, CancellationToken cancellationToken = default)
    {
        var session = await Moq.ConnectAsync(_stage.Network.AddressOf(other.Moq), cancellationToken);
        Write($"has a session with {other.Name}, {session.Protocol}");
        FollowAnnouncements(session);
        return session;
    }

    /// <summary>Waits for a broadcast and reads a track of it to its end.</summary>
    public async Task ReadAsync(MoqSession session, BroadcastPath name, string track, CancellationToken cancellationToken = default)
    {
        await using var broadcast = await session.SubscribeAsync(name, cancellationToken);
        Write($"is subscribed to {name}");
        await foreach (var group in broadcast.Track(track).ReadGroupsAsync(cancellationToken))
        {
            await foreach (var frame in group.ReadFramesAsync(cancellationToken))
                Write($"read {name} {group.Sequence}: {Encoding.UTF8.GetString(frame.Payload)}");
        }

        Write($"read {name} to its end");
    }

    /// <summary>Shuts the peer down, and then its endpoint.</summary>
    public async ValueTask DisposeAsync()
    {
        await Moq.DisposeAsync();
        Write("is shut down");
        await _stage.Network.EndpointOf(Moq).DisposeAsync();
    }

    private string Accept(IncomingSession incoming)
    {
        FollowAnnouncements(incoming.Accept());
        return $"{_stage.NameOf(incoming.RemoteId)} accepted";
    }

    private string Text(SessionClosed closed) =>
        $"{_stage.NameOf(closed.RemoteId)} {closed.Cause} {closed.Code.Value} '{closed.Reason}' "
        + $"by {(closed.IsRemote ? "the peer" : "this side")}";

    private void FollowAnnouncements(MoqSession session) =>
        Follow(
            $"announced by {_stage.NameOf(session.RemoteId)}",
            session.Announcements(),
            announcement => $"{announcement.Path} {(announcement.IsActive ? "began" : "ended")}");

    private void Follow<T>(string stream, IObservable<T> items, Func<T, string> text) =>
        items.Subscribe(
            item => Write($"{stream}: {text(item)}"),
            fault => Write($"{stream} failed: {fault.GetType().Name} {fault.Message}"),
            () => Write($"{stream} complete"));
}
