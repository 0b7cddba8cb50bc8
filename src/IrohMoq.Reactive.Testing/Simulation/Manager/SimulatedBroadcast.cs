namespace IrohMoq.Reactive.Testing;

/// <summary>Represents a published broadcast of a peer, which has one track, and the frames that were sent by it.</summary>
internal sealed class SimulatedBroadcast(BroadcastProducer broadcast, TrackProducer track, SentFrames.SentBroadcast sent) : IDisposable
{
    public const string TrackName = "t";

    public SentFrames.SentBroadcast Sent => sent;

    public TrackProducer Track => track;

    /// <summary>Gets or sets the size in bytes of the largest group that was written.</summary>
    public long LargestGroup { get; set; }

    /// <summary>Gets a value that indicates whether the broadcast has ended, so that no new reader can subscribe.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Gets a value that indicates whether the track was finished, so that its readers reach its end.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Gets the virtual time at which the broadcast was published.</summary>
    public TimeSpan Since { get; init; }

    /// <summary>Gets or sets the registration, whose disposal withdraws the broadcast.</summary>
    public IDisposable? Registration { get; set; }

    public void Finish()
    {
        IsOver = true;
        IsFinished = true;
        track.Finish();
        broadcast.Finish();
    }

    public void Abort()
    {
        IsOver = true;
        broadcast.Abort(MoqErrorCode.FromApplication(7));
    }

    public void Dispose()
    {
        IsOver = true;
        Registration?.Dispose();
        track.Dispose();
        broadcast.Dispose();
    }
}
