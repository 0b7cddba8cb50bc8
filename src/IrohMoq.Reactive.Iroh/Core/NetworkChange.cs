using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Lets a connection adapt to a change of this side's network. A client migrates: it sends from a new connection id, measures the network
/// anew, and validates the path. A server, and a client that cannot migrate at present or has just migrated, send packets. In either case
/// the peer and the devices between learn the new address at once.
/// </summary>
/// <param name="native">The connection.</param>
/// <param name="dial">The path of a dial, or null on a server.</param>
/// <param name="ping">Sends packets that the peer acknowledges.</param>
internal sealed unsafe class NetworkChange(NativeConnection native, DialPath? dial, PingRequest ping)
{
    /// <summary>
    /// The minimum time between two migrations. A peer that uses ngtcp2 closes the connection as a violation of its connection id limit if
    /// a client migrates while the validation of a rebinding, which takes seconds, is in progress (as of ngtcp2 1.25).
    /// </summary>
    private const ulong MigrationInterval = 10_000_000_000;

    private ulong _nextMigration;

    /// <summary>The network has changed. The packets are sent when the connection is written next.</summary>
    public void OnChanged(ulong now)
    {
        if (dial is null || !TryMigrate(dial, now))
            ping.Begin();
    }

    /// <returns>
    /// False if the connection has just migrated, or if the peer does not allow migration or has issued no unused connection id.
    /// </returns>
    private bool TryMigrate(DialPath dialed, ulong now)
    {
        if (now < _nextMigration)
            return false;
        var next = dialed.NextConstant();
        NgPathStorage path;
        NativePath.Write(next, &path);
        if (Ngtcp2.InitiateImmediateMigration(native.Handle, &path.Path, now) != 0)
            return false;
        dialed.Replace(next);
        _nextMigration = now + MigrationInterval;
        return true;
    }
}
