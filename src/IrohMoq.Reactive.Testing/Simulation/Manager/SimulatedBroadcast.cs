namespace IrohMoq.Reactive.Testing;

/// <summary>A broadcast with one track that a peer has published, and what was sent by it.</summary>
internal sealed class SimulatedBroadcast(BroadcastProducer broadcast, TrackProducer track, SentFrames.SentBroadcast sent) : IDisposable
{
    public const string TrackName = "t";

    public SentFrames.SentBroadcast Sent => sent;

    public TrackProducer Track => track;

    /// <summary>Gets or sets the size of the largest group in bytes.</summary>
    public long LargestGroup { get; set; }

    /// <summary>Gets whether it has ended: no reader can come any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Gets or sets what withdraws it.</summary>
    public IDisposable? Registration { get; set; }

    public void Finish()
    {
        IsOver = true;
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
