namespace IrohMoq.Reactive.Wire;

/// <summary>Specifies what a client does in a session.</summary>
internal enum PeerRole
{
    /// <summary>The client publishes and subscribes.</summary>
    Both = 0,

    /// <summary>The client only publishes.</summary>
    Publisher = 1,

    /// <summary>The client only subscribes.</summary>
    Subscriber = 2,
}
