namespace IrohMoq.Reactive;

/// <summary>Represents an event of a <see cref="Moq"/>: a <see cref="SessionEvent"/>, a <see cref="GoingAwayEvent"/> or a
/// <see cref="BroadcastEvent"/>.</summary>
public abstract record MoqNotice
{
    private protected MoqNotice()
    {
    }
}
