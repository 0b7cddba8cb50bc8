using IrohMoq.Reactive.Iroh.Native;

namespace IrohMoq.Reactive.Iroh.Core;

/// <summary>
/// Contains the connection ids that this side has issued for one connection, and the tokens with which the peer can reset it, and reports
/// their changes. See RFC 9000, sections 5.1 and 10.3.
/// </summary>
internal sealed unsafe class ConnectionIds(ICoreEvents events, ResetSecret secret)
{
    private readonly List<ConnectionId> _own = [];
    private readonly List<ResetToken> _peerTokens = [];

    /// <summary>Gets the connection ids of this side.</summary>
    public IReadOnlyList<ConnectionId> Own => _own;

    /// <summary>Gets the tokens with which the peer can reset the connection.</summary>
    public IReadOnlyList<ResetToken> PeerTokens => _peerTokens;

    /// <summary>Adds a connection id of this side.</summary>
    public void Add(ConnectionId id)
    {
        _own.Add(id);
        events.OnIdIssued(id);
    }

    /// <summary>Generates a connection id of this side and its reset token.</summary>
    /// <returns>False if the native library failed.</returns>
    public bool TryIssue(NgCid* id, int length, byte* token)
    {
        ConnectionId.Randomize(id, length);
        if (!secret.TryGenerate(id, token))
            return false;
        Add(ConnectionId.From(id));
        return true;
    }

    /// <summary>Called when the peer has retired a connection id of this side.</summary>
    public void OnRetired(ConnectionId id)
    {
        _own.Remove(id);
        events.OnIdRetired(id);
    }

    /// <summary>Called when the peer has issued or retired a token with which it can reset the connection.</summary>
    public void OnPeerToken(ReadOnlySpan<byte> bytes, bool isActive)
    {
        var token = ResetToken.From(bytes);
        if (isActive)
        {
            _peerTokens.Add(token);
            events.OnTokenIssued(token);
        }
        else
        {
            _peerTokens.Remove(token);
            events.OnTokenRetired(token);
        }
    }
}
