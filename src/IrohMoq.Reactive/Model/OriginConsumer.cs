using System.Runtime.CompilerServices;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive;

/// <summary>
/// Looks into a set of named broadcasts and listens to its changes. Safe for any thread; every listener has a place of its own.
/// </summary>
public sealed class OriginConsumer
{
    private readonly OriginProducer _origin;

    internal OriginConsumer(OriginProducer origin) => _origin = origin;

    /// <summary>The names that are here now, in order.</summary>
    public IReadOnlyList<BroadcastPath> Names => _origin.Names();

    /// <summary>The broadcast under a name now, or null.</summary>
    /// <param name="path">The name.</param>
    public BroadcastConsumer? Find(BroadcastPath path) => _origin.Find(path);

    /// <summary>
    /// Waits for a broadcast under a name: the one that is there, otherwise the next one. One that has ended is never returned.
    /// </summary>
    /// <param name="path">The name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="MoqException">The set is over, for example because its session ended.</exception>
    public ValueTask<BroadcastConsumer> WaitAsync(BroadcastPath path, CancellationToken cancellationToken = default) =>
        _origin.WaitAsync(path, cancellationToken);

    /// <summary>
    /// What is below a prefix now, and then every change, in the order of the names. Changes that cancel out before they are read are not
    /// told; a replacement is told as an end and a beginning. Ends when the set is over. Nothing is kept for a listener but the names that
    /// changed.
    /// </summary>
    /// <param name="prefix">Whole segments; empty for everything.</param>
    /// <param name="cancellationToken">
    /// Ends the listening with an <see cref="OperationCanceledException"/>, also while there is something to take.
    /// </param>
    public async IAsyncEnumerable<Announcement> AnnouncementsAsync(
        BroadcastPath prefix = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var cursor = _origin.OpenAnnouncements(prefix);
        do
        {
            // Not only while it waits: there may be thousands to take.
            cancellationToken.ThrowIfCancellationRequested();
            while (cursor.TryNext(out var announcement))
            {
                yield return announcement;
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        while (await cursor.WaitAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Where those who wait for it go on.</summary>
    internal Runtime Runtime => _origin.Runtime;

    internal AnnounceCursor OpenAnnouncements(BroadcastPath prefix, Action? wake = null) => _origin.OpenAnnouncements(prefix, wake);

    /// <summary>Waits until the set is over, whatever becomes of what is in it.</summary>
    internal ValueTask WaitForEndAsync(CancellationToken cancellationToken) => _origin.WaitForEndAsync(cancellationToken);
}
