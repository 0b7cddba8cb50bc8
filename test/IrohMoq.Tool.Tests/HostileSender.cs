using System.Text;
using IrohMoq.Reactive;
using IrohMoq.Tool.Files;

namespace IrohMoq.Tool.Tests;

/// <summary>A sender in the process of the test, which sends any manifest and any content frames.</summary>
internal sealed class HostileSender : IAsyncDisposable
{
    private readonly LoopbackPeer _peer;

    private HostileSender(LoopbackPeer peer) => _peer = peer;

    public string Ticket => _peer.Ticket;

    /// <summary>Gets the request of the receiver.</summary>
    public string Request { get; private set; } = "";

    /// <summary>Gets the result that the receiver has reported, or how its session ended.</summary>
    public Task<string> Result { get; private set; } = Task.FromResult("");

    /// <param name="entries">The lines of the manifest after its header.</param>
    /// <param name="frames">The frames of the content track: a letter for the kind, and the rest.</param>
    /// <param name="token">The token that ends the sender.</param>
    public static async Task<HostileSender> StartAsync(string[] entries, string[] frames, CancellationToken token)
    {
        var sender = new HostileSender(await LoopbackPeer.ServeAsync(token));
        var offer = sender._peer.Moq.CreateBroadcast();
        var header = $$"""{"format":"moq-files","version":1,"entries":{{entries.Length}}}""";
        var lines = string.Join('\n', [header, .. entries, ""]);
        TransferTracks.WriteAll(offer.CreateTrack(TransferTracks.ManifestTrack), Encoding.UTF8.GetBytes(lines));
        sender._peer.Moq.Publish(TransferTracks.Offer, offer);
        sender.Result = sender.ServeAsync(frames, token);
        return sender;
    }

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    private async Task<string> ServeAsync(string[] frames, CancellationToken token)
    {
        await foreach (var incoming in _peer.Moq.ReadIncomingSessionsAsync(cancellationToken: token))
        {
            var session = incoming.Accept();
            try
            {
                var receiver = await session.SubscribeAsync(TransferTracks.Request, token);
                var request = await TransferTracks.ReadAllAsync(receiver.Track(TransferTracks.RequestTrack), 1 << 20, token);
                Request = Encoding.UTF8.GetString(request.Span);
                var content = _peer.Moq.CreateBroadcast();
                var track = content.CreateTrack(TransferTracks.ContentTrack, new TrackOptions { Lossless = true });
                session.Publish(TransferTracks.Content, content);
                using (var group = track.AppendGroup())
                {
                    foreach (var frame in frames)
                        group.Write(Encoding.UTF8.GetBytes(frame));
                    group.Finish();
                }

                track.Finish();
                var result = await TransferTracks.ReadAllAsync(receiver.Track(TransferTracks.ResultTrack), 1 << 20, token);
                return Encoding.UTF8.GetString(result.Span);
            }
            catch (MoqException)
            {
                var closed = await session.Closed;
                return $"closed {closed.Code.Value}: {closed.Reason}";
            }
        }

        throw new InvalidOperationException("No session came.");
    }
}
