using System.Runtime.CompilerServices;

namespace IrohMoq.Reactive;

/// <summary>
/// Represents the peer that reads or requests something, against which it is counted: all connections of a peer with the same id are one
/// requester, and each connection of a peer whose id is unknown is one of its own, so that no peer takes the share of another.
/// </summary>
/// <param name="id">The id of the peer, which may be empty.</param>
internal sealed class Requester(ReadOnlyMemory<byte> id) : IEquatable<Requester>
{
    private ulong _hop;

    /// <summary>Gets the requester that stands for this process.</summary>
    public static Requester Local { get; } = new(default);

    /// <summary>Gets the id of the peer; empty if it is unknown.</summary>
    public ReadOnlyMemory<byte> Id => id;

    /// <summary>
    /// Gets or sets the id of the peer among the hops of announcements, or 0 if it is unknown. A peer of moq-lite-06 states it in its
    /// options, and one of moq-lite-04 and 05 when it requests announcements. The first one that it states stays: each other one could
    /// move the tracks that the peer reads to another source, for all their readers.
    /// </summary>
    public ulong Hop
    {
        get => Volatile.Read(ref _hop);
        set => Interlocked.CompareExchange(ref _hop, value, 0);
    }

    public bool Equals(Requester? other) =>
        ReferenceEquals(this, other) || (other is not null && id.Length > 0 && id.Span.SequenceEqual(other.Id.Span));

    public override bool Equals(object? obj) => Equals(obj as Requester);

    public override int GetHashCode()
    {
        if (id.IsEmpty)
            return RuntimeHelpers.GetHashCode(this);
        var hash = default(HashCode);
        hash.AddBytes(id.Span);
        return hash.ToHashCode();
    }
}
