using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Driver;

/// <summary>Decides on the first packets of clients: accepts them within the limits of the endpoint, and refuses them otherwise.</summary>
internal sealed unsafe class Listener(IoLoop loop, IConnectionAcceptor acceptor, StatelessAnswers answers)
{
    private IReadOnlyList<string> _protocols = [];
    private bool _isRefusing;

    /// <summary>Gets a value that indicates whether at least one protocol is accepted. May be called from any thread.</summary>
    public bool IsListening => Volatile.Read(ref _protocols).Count > 0;

    /// <summary>Gets the number of incoming connections whose handshake is not complete.</summary>
    public int Handshakes { get; private set; }

    /// <summary>Sets the protocols that are accepted from now on. May be called from any thread.</summary>
    public void Listen(IReadOnlyList<string> protocols) => Volatile.Write(ref _protocols, protocols);

    /// <summary>The handshake of an incoming connection is complete or has failed.</summary>
    public void OnHandshakeOver() => Handshakes--;

    /// <summary>Creates the connection of a first packet.</summary>
    /// <returns>The connection, which must be given the packet, or null if the packet was refused or is no first packet.</returns>
    public DrivenConnection? Accept(in NetworkPath path, byte* packet, int length, ulong now)
    {
        NgPacketHeader header;
        if (Ngtcp2.Accept(&header, packet, (nuint)length) != 0)
            return null;
        var protocols = Volatile.Read(ref _protocols);
        if (protocols.Count == 0)
        {
            answers.Refuse(path, &header, Refusal.NotServingText);
            return null;
        }

        if (IsFull)
        {
            // Logged once until there is room again, so that strangers cannot fill the log.
            if (!_isRefusing)
                loop.LogRefusing(path.Remote.ToEndPoint(), Handshakes);
            _isRefusing = true;
            answers.Refuse(path, &header, Refusal.BusyText);
            return null;
        }

        _isRefusing = false;
        var connection = acceptor.Create(loop);
        try
        {
            connection.Accept(&header, protocols, path, now);
            Handshakes++;
            return connection;
        }
        catch (InvalidOperationException fault)
        {
            loop.LogFault(path.Remote.ToEndPoint(), fault);
            return null;
        }
    }

    private bool IsFull =>
        loop.Connections.Count >= loop.Driver.MaxConnections || Handshakes >= loop.Driver.MaxHandshakes || loop.Settings.Budget.IsOver
        || acceptor.IsFull;
}
