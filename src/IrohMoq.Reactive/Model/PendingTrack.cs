namespace IrohMoq.Reactive;

/// <summary>
/// Represents a track whose name is known and whose properties are not: a reader has requested it, or its producer has reserved the name.
/// Readers wait until the track is accepted or rejected. All members are thread-safe.
/// </summary>
public sealed class PendingTrack
{
    private readonly BroadcastProducer _broadcast;

    internal PendingTrack(BroadcastProducer broadcast, TrackProducer track, bool isReserved) =>
        (_broadcast, Track, IsReserved) = (broadcast, track, isReserved);

    /// <summary>Gets the name of the track in its broadcast.</summary>
    public string Name => Track.Name;

    /// <summary>Gets the number of readers that wait for the track.</summary>
    public int SubscriberCount => Track.SubscriberCount;

    internal TrackProducer Track { get; }

    /// <summary>
    /// Gets or sets a value indicating whether the producer has reserved the name, so that the track stays while it has no reader.
    /// </summary>
    internal bool IsReserved { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the track was accepted or rejected. The caller must hold the lock of the broadcast.
    /// </summary>
    internal bool IsAnswered { get; set; }

    /// <summary>Accepts the track. Its readers receive what is written from now on.</summary>
    /// <param name="options">The options of the track, or null for the defaults.</param>
    /// <returns>
    /// The producer of the track. A producer that writes only while there are readers disposes it after
    /// <see cref="TrackProducer.WaitForNoSubscriberAsync"/>; a later reader then requests the track again.
    /// </returns>
    /// <exception cref="MoqException">
    /// The track was accepted or rejected before, or another track has the name (<see cref="MoqErrorCode.Duplicate"/>), or the broadcast
    /// has ended (<see cref="MoqErrorCode.Closed"/>).
    /// </exception>
    public TrackProducer Accept(TrackOptions? options = null) => _broadcast.Accept(this, options ?? TrackOptions.Default);

    /// <summary>
    /// Rejects the track with <see cref="MoqErrorCode.NotFound"/>, as <see cref="Reject(MoqErrorCode)"/> does with another code.
    /// </summary>
    public void Reject() => Reject(MoqErrorCode.NotFound);

    /// <summary>
    /// Rejects the track: its readers fail with the code. The name stays free, so that a later reader requests the track again. Has no
    /// effect on a track that was accepted or rejected before.
    /// </summary>
    /// <param name="code">The error code that readers receive.</param>
    public void Reject(MoqErrorCode code) => _broadcast.Reject(this, code);
}
