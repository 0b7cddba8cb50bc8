using System.Runtime.CompilerServices;
using System.Text;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>
/// Reads several subscriptions in one <c>await foreach</c> loop, in the order in which their frames arrive. The loop ends when all
/// subscriptions have ended. To end it earlier, cancel their token, because <c>Merge</c> waits for its pending reads. The package
/// System.Interactive.Async contains <c>Merge</c> for asynchronous sequences.
/// </summary>
public static class ManyTracks
{
    public static IAsyncEnumerable<string> Together(IEnumerable<IAsyncEnumerable<string>> tracks) => AsyncEnumerableEx.Merge([.. tracks]);

    public static async Task<IReadOnlyList<string>> RunAsync(
        ISwarm swarm, Func<IEnumerable<IAsyncEnumerable<string>>, IAsyncEnumerable<string>>? together = null)
    {
        Peer studio = await swarm.AddAsync("studio"), reader = await swarm.AddAsync("reader");
        string[] names = ["camera", "slides", "sound"];
        var tracks = names.Select(name => studio.Publish(name, "lines")).ToArray();
        await using var session = await reader.Moq.ConnectAsync(studio.Address);
        using var limit = new CancellationTokenSource(Expect.Limit, swarm.Clock);

        List<string> heard = [];
        var said = 0;
        Say();
        try
        {
            await foreach (var line in (together ?? Together)(names.Select(name => ReadAsync(session, name, limit.Token))))
            {
                heard.Add(line);
                if (heard.Count < 6)
                    Say();
                else
                    Array.ForEach(tracks, track => track.Finish());
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // The check below reports which lines are missing.
        }

        return Expect.Lines(heard, "camera 0", "slides 1", "sound 2", "camera 3", "slides 4", "sound 5");

        // Sends the next line, on the next track in turn. Each line is sent when the previous one has been received.
        void Say()
        {
            var track = said % names.Length;
            Peer.Say(tracks[track], $"{names[track]} {said++}");
        }
    }

    private static async IAsyncEnumerable<string> ReadAsync(
        MoqSession session, BroadcastPath name, [EnumeratorCancellation] CancellationToken stop)
    {
        var broadcast = await session.SubscribeAsync(name, stop);
        await foreach (var group in broadcast.Track("lines").ReadGroupsAsync(stop))
        {
            await foreach (var frame in group.ReadFramesAsync(stop))
                yield return Encoding.UTF8.GetString(frame.Payload);
        }
    }
}
