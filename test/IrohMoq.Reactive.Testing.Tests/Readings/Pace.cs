namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>How others fared beside a disturbing reader.</summary>
/// <param name="SecondTrack">Groups of another track that its reader got.</param>
/// <param name="SameTrack">Groups of the same track that another local reader got.</param>
/// <param name="Subscription">Seconds from a new subscription to its first frame.</param>
/// <param name="Announcement">Seconds until a new announcement is known.</param>
internal readonly record struct Pace(int SecondTrack, int SameTrack, double Subscription, double Announcement);
