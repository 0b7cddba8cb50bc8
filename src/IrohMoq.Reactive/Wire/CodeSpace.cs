namespace IrohMoq.Reactive.Wire;

/// <summary>Specifies what a number on the wire belongs to. From moq-lite-06 on the same number means different things.</summary>
internal enum CodeSpace
{
    /// <summary>The number resets or stops a stream.</summary>
    Stream,

    /// <summary>The number closes the session.</summary>
    Session,
}
