namespace IrohMoq.Reactive.Sessions;

/// <summary>Specifies why a track leaves a source although the session of the source is not over.</summary>
internal enum Departure
{
    None,
    Refused,
    Withdrawn,
    Looped,
    GoingAway,
}
