namespace IrohMoq.Reactive.Pipeline;

/// <summary>Where a session stands.</summary>
internal enum SessionStage
{
    /// <summary>A peer dialed, and the application has not decided yet: it is offered and nothing else.</summary>
    Undecided,

    /// <summary>Announced to, told of, and handed out.</summary>
    Open,

    /// <summary>Its end has been told; its connections have still to report theirs.</summary>
    Over,
}
