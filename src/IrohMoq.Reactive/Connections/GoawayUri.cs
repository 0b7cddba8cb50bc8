namespace IrohMoq.Reactive.Connections;

/// <summary>Decides whether the URI of a GOAWAY leads to a peer that can be dialed again.</summary>
internal static class GoawayUri
{
    private const string Scheme = "iroh:";

    /// <summary>
    /// Determines whether a URI leads to the given peer: it is empty, or has the form <c>iroh://ID</c> with the ID of the peer, possibly
    /// with a path. Another host is not followed: a session is the relation to one key, and only that key has been authorized.
    /// </summary>
    public static bool LeadsTo(string uri, EndpointId peer)
    {
        if (uri.Length == 0)
            return true;
        if (!uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;
        var authority = uri.AsSpan(Scheme.Length).TrimStart('/');
        var end = authority.IndexOfAny('/', '?', '#');
        return EndpointId.TryParse((end < 0 ? authority : authority[..end]).ToString(), out var id) && id == peer;
    }
}
