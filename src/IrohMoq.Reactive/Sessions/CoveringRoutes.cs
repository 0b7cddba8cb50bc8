namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Represents the live broadcasts at and above the prefix whose announcements a peer of moq-lite-06 has requested. They are one
/// announcement, of the prefix itself: that of the longest name for which there is a route to the peer. One above the prefix counts only if
/// what is below its name can be requested. See moq-lite draft 06, "Announce".
/// </summary>
internal sealed class CoveringRoutes(BroadcastPath prefix, Func<Announcement, BroadcastRoute?> routeOf)
{
    private readonly SortedList<BroadcastPath, Announcement> _live = [];

    /// <summary>Gets the name of the broadcast that was announced last as the prefix.</summary>
    public BroadcastPath Announced { get; private set; }

    /// <summary>Determines whether an announcement concerns a name at or above the prefix.</summary>
    public bool Contains(BroadcastPath path) => path.IsPrefixOf(prefix);

    /// <summary>Applies that a broadcast has begun, has ended or has another route.</summary>
    public void Apply(Announcement announcement)
    {
        if (announcement.IsActive)
            _live[announcement.Path] = announcement;
        else
            _live.Remove(announcement.Path);
    }

    /// <summary>Returns the route that is to be announced as the prefix, or null if there is none.</summary>
    public BroadcastRoute? Choose()
    {
        // A name comes after its prefixes.
        for (var i = _live.Count - 1; i >= 0; i--)
        {
            var (path, announcement) = (_live.GetKeyAtIndex(i), _live.GetValueAtIndex(i));
            if ((path == prefix || announcement.Broadcast.Producer.Below is not null) && routeOf(announcement) is { } route)
            {
                Announced = path;
                return route;
            }
        }

        return null;
    }
}
