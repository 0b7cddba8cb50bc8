namespace IrohMoq.Reactive;

/// <summary>
/// Specifies what a client does in a session that it dials, as it states in SETUP. The role is a statement for the server: it neither gives
/// nor takes a right, on either side. See moq-lite, "SETUP".
/// </summary>
public enum SessionRole
{
    /// <summary>The client publishes and subscribes, or has stated nothing.</summary>
    Both = 0,

    /// <summary>The client only publishes.</summary>
    Publisher = 1,

    /// <summary>The client only subscribes.</summary>
    Subscriber = 2,
}
