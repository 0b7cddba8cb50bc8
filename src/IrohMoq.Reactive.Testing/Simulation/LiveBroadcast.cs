namespace IrohMoq.Reactive.Testing;

/// <summary>A broadcast with one track that a peer has published, and the ledger's page for it.</summary>
internal sealed class LiveBroadcast(BroadcastProducer broadcast, TrackProducer track, FrameLedger.SentBroadcast sent) : IDisposable
{
    public const string TrackName = "t";

    public FrameLedger.SentBroadcast Sent => sent;

    public TrackProducer Track => track;

    /// <summary>What takes it back.</summary>
    public IDisposable? Registration { get; set; }

    /// <summary>Ends it: well, or with a code.</summary>
    public void End(bool isWell)
    {
        if (isWell)
        {
            track.Finish();
            broadcast.Finish();
        }
        else
        {
            broadcast.Abort(MoqErrorCode.FromApplication(7));
        }
    }

    public void Dispose()
    {
        Registration?.Dispose();
        track.Dispose();
        broadcast.Dispose();
    }
}
