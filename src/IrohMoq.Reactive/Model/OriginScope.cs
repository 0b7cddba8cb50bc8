namespace IrohMoq.Reactive;

/// <summary>
/// Represents a part of a set of broadcasts: the names below certain prefixes, as seen from a root. Readers and publishers of the part
/// use names without the root. An origin without a scope has no object of this class.
/// </summary>
internal sealed class OriginScope
{
    private static readonly OriginScope Everything = new(default, [default]);

    private readonly BroadcastPath _root;
    // Complete names in order. None of them is below another, so that a broadcast belongs to one of them at most.
    private readonly BroadcastPath[] _prefixes;

    private OriginScope(BroadcastPath root, BroadcastPath[] prefixes)
    {
        _root = root;
        _prefixes = prefixes;
    }

    /// <summary>Gets the prefixes, with the root. None of them is below another.</summary>
    public IReadOnlyList<BroadcastPath> CompletePrefixes => _prefixes;

    /// <summary>Returns the prefixes of a scope without its root; the empty path if there is no scope.</summary>
    public static IReadOnlyList<BroadcastPath> PrefixesOf(OriginScope? scope)
    {
        scope ??= Everything;
        return [.. scope._prefixes.Select(scope.WithoutRoot)];
    }

    /// <summary>Returns the part of a scope that is below any of the prefixes.</summary>
    /// <exception cref="ArgumentException">There are no prefixes, or the root and a prefix exceed the limits of a path.</exception>
    /// <exception cref="MoqException">No name of the scope is below the prefixes.</exception>
    public static OriginScope Narrow(OriginScope? scope, ReadOnlySpan<BroadcastPath> prefixes)
    {
        if (prefixes.IsEmpty)
            throw new ArgumentException("A scope needs at least one prefix.", nameof(prefixes));
        scope ??= Everything;
        var complete = new List<BroadcastPath>(prefixes.Length);
        foreach (var prefix in prefixes)
            complete.Add(scope._root.Join(prefix));
        var common = scope.Intersect(complete);
        return common.Length > 0 ? new OriginScope(scope._root, common) : throw Outside(string.Join(", ", prefixes.ToArray()));
    }

    /// <summary>Returns the part of a scope that is below a root, which becomes part of the root of the scope.</summary>
    /// <exception cref="ArgumentException">Both roots together exceed the limits of a path.</exception>
    /// <exception cref="MoqException">No name of the scope is below the root.</exception>
    public static OriginScope WithRoot(OriginScope? scope, BroadcastPath root)
    {
        scope ??= Everything;
        var complete = scope._root.Join(root);
        var common = scope.Intersect([complete]);
        return common.Length > 0 ? new OriginScope(complete, common) : throw Outside(root.ToString());
    }

    /// <summary>Tries to get the complete name of a broadcast from its name without the root.</summary>
    /// <returns>False if the name is not in the scope, or exceeds the limits of a path.</returns>
    public bool TryComplete(BroadcastPath path, out BroadcastPath complete) =>
        _root.TryJoin(path, out complete, out _) && Contains(complete);

    /// <summary>Returns the complete name of a broadcast, or of a prefix, from its name without the root.</summary>
    /// <exception cref="ArgumentException">The root and the name together exceed the limits of a path.</exception>
    public BroadcastPath WithRoot(BroadcastPath path) => _root.Join(path);

    /// <summary>Returns the complete name of a broadcast from its name without the root.</summary>
    /// <exception cref="ArgumentException">The root and the name together exceed the limits of a path.</exception>
    /// <exception cref="MoqException">The name is not in the scope.</exception>
    public BroadcastPath Complete(BroadcastPath path)
    {
        var complete = _root.Join(path);
        return Contains(complete) ? complete : throw Outside(path.ToString());
    }

    /// <summary>Determines whether a complete name is in the scope.</summary>
    public bool Contains(BroadcastPath complete)
    {
        foreach (var prefix in _prefixes)
        {
            if (prefix.IsPrefixOf(complete))
                return true;
        }

        return false;
    }

    /// <summary>Returns a complete name of the scope without the root.</summary>
    public BroadcastPath WithoutRoot(BroadcastPath complete) => complete.TryStripPrefix(_root, out var path) ? path : complete;

    /// <summary>Returns the longer one of each pair of prefixes of which one is below the other.</summary>
    private BroadcastPath[] Intersect(List<BroadcastPath> others)
    {
        var common = new List<BroadcastPath>();
        foreach (var prefix in _prefixes)
        {
            foreach (var other in others)
            {
                if (prefix.IsPrefixOf(other))
                    common.Add(other);
                else if (other.IsPrefixOf(prefix))
                    common.Add(prefix);
            }
        }

        var kept = new List<BroadcastPath>();
        // In this order a prefix comes before everything that is below it.
        foreach (var prefix in common.Order())
        {
            if (!kept.Exists(covering => covering.IsPrefixOf(prefix)))
                kept.Add(prefix);
        }

        return [.. kept];
    }

    private static MoqException Outside(string names) =>
        new(MoqErrorCode.Unauthorized, $"Not in the scope of this object: '{names}'. Use an object with a wider scope.");
}
