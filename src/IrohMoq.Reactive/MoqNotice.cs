namespace IrohMoq.Reactive;

/// <summary>Something that happened to a <see cref="Moq"/>: a <see cref="SessionEvent"/> or a <see cref="BroadcastEvent"/>.</summary>
public abstract record MoqNotice
{
    private protected MoqNotice()
    {
    }
}
