using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>Reads a set of named broadcasts and observes its changes. Every member may be used from any thread.</summary>
public sealed class OriginConsumer
{
    private readonly OriginProducer _origin;

    internal OriginConsumer(OriginProducer origin) => _origin = origin;

    /// <summary>Gets the names that are here now, in order.</summary>
    public IReadOnlyList<BroadcastPath> Names => _origin.Names();

    /// <summary>Returns the broadcast that has a name now, or null.</summary>
    /// <param name="path">The name.</param>
    public BroadcastConsumer? Find(BroadcastPath path) => _origin.Find(path);

    /// <summary>
    /// Waits for a broadcast with a name: the one that is there, or else the next one. A broadcast that has ended is never returned.
    /// </summary>
    /// <param name="path">The name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="MoqException">The set is over, for example because its session ended.</exception>
    public ValueTask<BroadcastConsumer> WaitAsync(BroadcastPath path, CancellationToken cancellationToken = default) =>
        _origin.WaitAsync(path, cancellationToken);

    /// <summary>
    /// Reads the broadcasts below a prefix, and then every change, in the order of the names. Changes that cancel each other out before
    /// they are read are not reported; a replacement is reported as an end and a beginning. The sequence ends when the set is over. Only
    /// the names that changed are kept for a listener.
    /// </summary>
    /// <param name="prefix">The prefix, in whole segments; the path without segments for every broadcast.</param>
    /// <param name="cancellationToken">
    /// Ends the sequence with an <see cref="OperationCanceledException"/>, also while there are changes to read.
    /// </param>
    public async IAsyncEnumerable<Announcement> AnnouncementsAsync(
        BroadcastPath prefix = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var cursor = _origin.OpenAnnouncements(prefix);
        do
        {
            // Not only while it waits: there may be thousands of changes to take.
            cancellationToken.ThrowIfCancellationRequested();
            while (cursor.TryNext(out var announcement))
            {
                yield return announcement;
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        while (await cursor.WaitAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Gets the clock on which its listeners wait.</summary>
    internal Runtime Runtime => _origin.Runtime;

    internal AnnounceCursor OpenAnnouncements(BroadcastPath prefix, Action? wake = null) => _origin.OpenAnnouncements(prefix, wake);

    /// <summary>Waits until the set is over.</summary>
    internal ValueTask WaitForEndAsync(CancellationToken cancellationToken) => _origin.WaitForEndAsync(cancellationToken);
}
