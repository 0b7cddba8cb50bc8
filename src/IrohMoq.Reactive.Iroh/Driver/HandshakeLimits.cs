using System.Runtime.InteropServices;
using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>
/// Counts the incoming handshakes that are in progress, and limits how many of them may be held: by all clients together, by clients whose
/// address is not validated, and by the clients of one network (see <see cref="NetworkAddress.Network"/>). This class is not thread-safe.
/// </summary>
/// <param name="max">The maximum number of handshakes.</param>
/// <param name="maxUnvalidated">The maximum number of handshakes of clients whose address is not validated; may be 0.</param>
internal sealed class HandshakeLimits(int max, int maxUnvalidated)
{
    private readonly Dictionary<object, Handshake> _handshakes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Handshake, int> _byNetwork = [];
    private readonly int _maxUnvalidated = Math.Min(maxUnvalidated, max);
    private int _unvalidated;

    /// <summary>Gets the number of handshakes in progress.</summary>
    public int Count => _handshakes.Count;

    /// <summary>Returns true if a client may begin a handshake.</summary>
    /// <param name="remote">The address of the client.</param>
    /// <param name="isValidated">True if the client has proved that it receives at its address.</param>
    public bool HasRoom(in NetworkAddress remote, bool isValidated)
    {
        var limit = isValidated ? max : _maxUnvalidated;
        return Count < max && (isValidated || _unvalidated < limit)
            && _byNetwork.GetValueOrDefault(new Handshake(remote.Network, isValidated)) < ShareOf(limit);
    }

    /// <summary>Adds the handshake of a connection.</summary>
    public void Begin(object connection, in NetworkAddress remote, bool isValidated)
    {
        var handshake = new Handshake(remote.Network, isValidated);
        _handshakes.Add(connection, handshake);
        CollectionsMarshal.GetValueRefOrAddDefault(_byNetwork, handshake, out _)++;
        if (!isValidated)
            _unvalidated++;
    }

    /// <summary>Removes the handshake of a connection, if it has one.</summary>
    public void End(object connection)
    {
        if (!_handshakes.Remove(connection, out var handshake))
            return;
        if (--CollectionsMarshal.GetValueRefOrNullRef(_byNetwork, handshake) == 0)
            _byNetwork.Remove(handshake);
        if (!handshake.IsValidated)
            _unvalidated--;
    }

    /// <summary>Returns the number of handshakes that one network may hold: half of all, so that half is left to other networks.</summary>
    private static int ShareOf(int limit) => (limit + 1) / 2;

    private readonly record struct Handshake(NetworkAddress Network, bool IsValidated);
}
