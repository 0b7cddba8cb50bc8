namespace IrohMoq.Tool.Output;

/// <summary>Specifies what has changed about a broadcast or a route while a list was followed.</summary>
internal enum ListedChange
{
    /// <summary>Nothing: it is part of the first list.</summary>
    None,

    /// <summary>It began.</summary>
    Begin,

    /// <summary>It comes by another way, or at another cost.</summary>
    Route,

    /// <summary>It ended.</summary>
    End,
}
