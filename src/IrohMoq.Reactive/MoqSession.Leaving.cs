using System.Text;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive;

/// <content>Asks the peer to leave.</content>
public sealed partial class MoqSession
{
    /// <summary>
    /// Asks the peer with GOAWAY to leave the current connection, and waits until it has. A peer that has dialed dials again, at the given
    /// URI or otherwise at the same address, moves its subscriptions to the new connection at the boundary of a group, and then closes
    /// the old one; if it comes back to this side, the session continues over the new connection. Until then everything is served as
    /// before. A peer that does not leave in time is disconnected with <see cref="MoqErrorCode.GoawayTimeout"/>. See moq-lite, "GOAWAY".
    /// </summary>
    /// <remarks>
    /// Moq-lite-03 has no GOAWAY. There, the connection is closed with code 0 when the peer has received the finished tracks to which it is
    /// subscribed, or when the time has elapsed. <see cref="Moq.ShutdownAsync"/> asks all peers that have dialed.
    /// </remarks>
    /// <param name="uri">
    /// The URI at which the peer is to connect instead; an empty string, the default, for the same address. At most 8,192 bytes in UTF-8.
    /// Only the side that the peer has dialed may name a URI.
    /// </param>
    /// <param name="timeout">
    /// The maximum time to wait, from 0 to 49 days; null, the default, for <see cref="MoqOptions.GoawayTimeout"/>.
    /// </param>
    /// <param name="cancellationToken">The token that ends the wait, as if the time had elapsed.</param>
    /// <returns><see langword="true"/> if the peer has left; <see langword="false"/> if it was disconnected.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="uri"/> is too long, or it is not empty and this side has dialed the connection.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public Task<bool> GoAwayAsync(string uri = "", TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        ThrowIfDisposed();
        if (timeout is { } time)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, nameof(timeout));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(time, MoqOptions.LongestTime, nameof(timeout));
        }

        if (Encoding.UTF8.GetByteCount(uri) > WireLimits.MaxUriBytes)
            throw new ArgumentException($"The URI is longer than {WireLimits.MaxUriBytes} bytes.", nameof(uri));
        if (uri.Length > 0 && Connection.IsOutbound)
            throw new ArgumentException("Only the side that was dialed may name a URI. Pass an empty string.", nameof(uri));
        return _shared.AskToLeaveAsync(uri, timeout ?? _shared.GoawayTimeout, cancellationToken);
    }
}
